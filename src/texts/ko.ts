import { streamTitles } from './stream-titles.ts';
import type { Texts } from './texts.ts';
import { dayIn, inBrackets } from './wording.ts';

const number = new Intl.NumberFormat('ko');

const day = dayIn('ko');

function streamName(name: string): string {
  return ko.streams[name] ?? name;
}

export const ko: Texts = {
  tag: 'ko',
  headings: {
    form: (platform) => `BitMart를 ${platform}에 연결하기`,
    replace: 'BitMart 키 교체하기',
    checking: '키를 확인하고 있습니다',
    waiting: '키를 저장했습니다. 확인이 아직 끝나지 않았습니다',
    refused: '키가 승인되지 않았습니다',
    notChecked: '키를 확인하지 못했습니다',
    linked: 'BitMart 계정이 연결되었습니다',
    alreadyLinked: '이미 연결된 계정입니다',
    replaced: '새 키를 사용합니다',
    expired: '링크가 만료되었습니다',
    exited: '연결하지 않고 나갔습니다',
    leaving: '연결하지 않고 나가시겠습니까?',
    notFound: '사용할 수 없는 링크입니다',
    tooOften: '시도 횟수가 너무 많습니다',
    failed: '저희 쪽에서 문제가 발생했습니다',
  },
  leads: {
    form: (platform) =>
      `${platform} 서비스는 읽기 전용 키로 거래 내역을 가져옵니다. 키는 BitMart에서 직접 만들며 약 3분이 걸립니다.`,
    replace: (platform) =>
      `${platform}에 있는 내역은 그대로 유지됩니다. 새 키가 승인될 때까지 현재 키를 사용합니다. 같은 BitMart 계정의 키를 사용하세요.`,
    checking: 'BitMart가 응답하는 대로 한 줄씩 결과가 표시됩니다. 몇 초 정도 걸립니다.',
    waiting: '키를 암호화하여 저장했습니다. 가능해지는 대로 확인합니다. 기다리거나 이 페이지를 닫아도 됩니다.',
    refused: '아무것도 저장되지 않았습니다. 아래에서 수정한 뒤 다시 시도하세요.',
    notChecked: '아무것도 저장되지 않았습니다. 다시 보내세요.',
    nothingKept: '세 항목을 모두 다시 입력하세요. 이 페이지는 입력한 내용을 보관하지 않습니다.',
    linked: '지금 내역을 읽고 있으며 앞으로도 자동으로 갱신됩니다.',
    alreadyLinked: '방금 입력하신 키로 읽습니다. 내역은 그대로입니다.',
    replaced: '내역은 그대로이며 앞으로 새 키로 계속 읽습니다.',
    expired: (platform) =>
      `아무것도 저장되지 않았습니다. ${platform}(으)로 돌아가 다시 시작하면 새 링크를 받을 수 있습니다.`,
    expiredUnchecked: (platform) =>
      `보내신 키가 저장되었다면 가능해지는 대로 확인하며, 그 후 ${platform}에 표시됩니다. 다시 입력하기 전에 ${platform}(으)로 돌아가 확인하세요.`,
    exited: '아무것도 저장되지 않았습니다. 이 페이지를 닫아도 됩니다.',
    leaving: '입력한 내용은 저장되지 않습니다.',
    notFound: (platform) =>
      `링크가 잘렸거나 오래된 것일 수 있습니다. ${platform}(으)로 돌아가 다시 시작하면 새 링크를 받을 수 있습니다.`,
    tooOften: '시간을 두고 다시 시도하세요.',
    failed: '지금은 이 페이지를 표시할 수 없습니다. 1분 후에 새로고침하세요.',
    notStored: '보내신 내용은 저장되지 않았습니다. 1분 후에 다시 시도하세요.',
    closePage: '이 페이지를 닫아도 됩니다. 읽기는 계속됩니다.',
    triesLeft: (tries) => `이 페이지에서 ${number.format(tries)}번 더 시도할 수 있습니다.`,
    noTriesLeft: (platform) => `이 페이지에서는 더 시도할 수 없습니다. ${platform}(으)로 돌아가 다시 시작하세요.`,
  },
  guide: {
    heading: 'BitMart에서 키 만들기',
    steps: {
      open: ['API 관리 열기', 'BitMart에 로그인하고 계정 메뉴에서 API Management를 선택합니다.'],
      memo: ['메모 정하기', '영문자와 숫자로 직접 정합니다. 같은 내용을 여기에 암호 문구로 입력합니다.'],
      permission: ['“Read Only”에 체크하기', '다른 항목은 체크하지 마세요.'],
      confirm: ['확인하기', 'BitMart가 이메일로 보낸 코드를 입력합니다.'],
      copy: ['키와 시크릿을 바로 복사하기', '시크릿은 이때 한 번만 표시됩니다.'],
    },
    addresses: ['저희 주소 등록하기', '등록하면 키는 저희 서버에서만 작동합니다.'],
    noAddresses: ['주소 목록은 비워 두기', '등록할 주소를 안내받은 경우는 제외합니다.'],
    picture: {
      caption: 'BitMart 화면에서 메모를 입력하는 위치(그림)',
      title: 'Create API',
      memo: 'Memo',
      permission: 'Read Only',
      addresses: 'IP addresses',
      note: '직접 정하는 문구 = 암호 문구',
    },
  },
  linkingGuide: {
    steps: {
      create: ['키 만들기', 'BitMart에서: 계정 메뉴 → API Management → API 키를 만듭니다.'],
      memo: [
        '메모 정하기',
        '필수이며, 나중에 여기에 입력하는 암호문입니다. 계정 번호가 아닙니다. 영문자와 숫자가 안전합니다. "!"나 "※" 같은 기호 때문에 동기화가 실패한 적이 있습니다.',
      ],
      permission: ['“Read Only” 선택', '다른 것은 선택하지 마세요. 읽는 데에는 거래나 출금 권한이 필요하지 않습니다.'],
      addresses: [
        '저희 주소 등록',
        (addresses) =>
          addresses === ''
            ? '이 플랫폼이 요청을 보내는 주소를 등록하세요. 주소는 플랫폼이 알려 줍니다.'
            : `${addresses}을(를) 등록하세요. 저희 요청은 여기에서 나갑니다.`,
      ],
      confirmation: ['확인', 'BitMart가 이메일로 보내는 코드를 입력합니다.'],
      secret: ['액세스 키와 시크릿을 바로 복사', '시크릿은 이번 한 번만 표시됩니다. 놓쳤다면 새 키를 만드세요.'],
      'sub-account': [
        '하위 계정에는 자체 키가 필요',
        '그 하위 계정 안에서 키를 만드세요. 메인 계정의 키로는 그 거래를 읽을 수 없습니다. 이름은 여기에서 표시용일 뿐이며, 같은 키는 이름과 관계없이 하나의 계정입니다.',
      ],
    },
    reach: {
      documented: ({ months }) => `지난 ${months}개월. 범위는 매일 앞으로 이동합니다.`,
      undocumented: 'BitMart가 아직 제공하는 만큼. 얼마나 되는지는 공개되어 있지 않습니다.',
    },
    closing:
      '공식 공지에 따르면 BitMart는 2026-08-26에 현물 거래를 종료했고 2027-01-31 15:59 UTC에 완전히 문을 닫습니다. 그때까지 읽지 못한 것은 이후 누구도 읽을 수 없습니다.',
  },
  fields: {
    heading: '여기에 키 입력하기',
    apiKey: { label: 'API 키', hint: 'BitMart에서는 Access Key라고 합니다.' },
    apiSecret: { label: 'API 시크릿', hint: '한 번만 표시됩니다. 저장하지 못했다면 새 키를 만드세요.' },
    memo: { label: '암호 문구(직접 정한 메모)', hint: '계정 번호가 아닙니다. 대소문자를 구분합니다.' },
    subAccount: {
      summary: '서브 계정의 키인가요?',
      label: '서브 계정 이름',
      hint: '보통은 비워 둡니다. 이름은 표시용이며 읽는 내용은 달라지지 않습니다. 서브 계정에는 그 안에서 만든 키가 필요합니다.',
    },
    missing: '입력해 주세요.',
    atFault: '이 항목을 확인하세요.',
    privacy: '키는 암호화한 뒤 저장되며 다시 표시되지 않습니다.',
    minutesLeft: (minutes) => `이 페이지는 앞으로 ${number.format(minutes)}분 동안 사용할 수 있습니다.`,
  },
  buttons: {
    link: '확인하고 연결하기',
    replace: '확인하고 교체하기',
    show: '표시',
    hide: '숨기기',
    copy: '복사',
    copied: '복사했습니다',
    remove: '제거하기',
    cancel: '취소',
    leave: '나가기',
    stay: '이 페이지에 머물기',
    back: (platform) => `${platform}(으)로 돌아가기`,
    close: '닫기',
  },
  hints: {
    outerBlanks: '앞뒤에 공백, 따옴표 또는 줄바꿈이 있습니다.',
    secretInKeyField: '시크릿인 것 같습니다. API 키는 더 짧은 쪽입니다.',
    keyInSecretField: 'API 키인 것 같습니다. 시크릿은 더 긴 쪽입니다.',
    memoLikeAccountNumber: '계정 번호인 것 같습니다. 메모는 이 키를 위해 직접 정한 문구입니다.',
    memoLikeKey: '키나 시크릿인 것 같습니다. 메모는 이 키를 위해 직접 정한 문구입니다.',
    memoWithSymbols:
      '“!”, “※” 같은 기호는 서명 오류를 일으키는 것으로 알려져 있습니다. 영문자와 숫자만 쓴 메모가 안전합니다.',
    notSent: '전송하지 못했습니다. 연결을 확인하고 다시 시도하세요.',
  },
  checks: {
    heading: '확인한 내용',
    names: {
      clock: '저희 시계와 BitMart 시계가 일치함',
      key: 'BitMart가 API 키를 알고 있음',
      secret: '시크릿과 메모가 맞음',
      address: '저희 주소가 허용됨',
      permissions: '키는 읽기만 할 수 있음',
      expiry: '키가 유효함',
    },
    stream: (name) => `읽기 가능: ${name}`,
    verdicts: { waiting: '대기 중', passed: '통과', failed: '문제 있음', unknown: '알 수 없음', skipped: '확인 안 함' },
    progress: (done, all) => `${number.format(all)}개 항목 중 ${number.format(done)}개를 확인했습니다.`,
    readOnly: '이 키는 읽을 수 있습니다. 거래와 출금은 할 수 없습니다.',
    rightsUnknown: 'BitMart가 이 키의 권한을 알려 주지 않습니다. “Read Only”만 체크되어 있는지 확인하세요.',
    expiresOn: (day) => `${day}까지 유효합니다.`,
    noExpiry: 'BitMart가 만료일을 표시하지 않습니다.',
    expiryUnknown: '만료되는지 BitMart가 알려 주지 않습니다.',
  },
  problems: {
    'wrong-key': {
      message: 'BitMart에 없는 API 키입니다.',
      remedy: ({ slips = [] }) =>
        [
          ...slips.map((slip) => ko.slips[slip]),
          'BitMart의 API 관리에서 액세스 키를 다시 복사하세요. 삭제했다면 새 키를 만드세요.',
        ].join(' '),
    },
    'wrong-secret-or-memo': {
      message: 'API 키는 맞지만 시크릿 또는 메모가 틀렸습니다.',
      remedy: ({ slips = [] }) =>
        [
          ...slips.map((slip) => ko.slips[slip]),
          '시크릿을 다시 복사하고 메모를 대소문자까지 그대로 입력하세요. 메모는 키를 만들 때 직접 정한 문구이며 계정 번호가 아닙니다. 시크릿을 잃어버렸다면 새 키를 만드세요.',
        ].join(' '),
    },
    'ip-not-allowed': {
      message: '이 키에는 저희와 다른 주소가 등록되어 있습니다.',
      remedy: ({ addresses = [] }) =>
        `BitMart에서 키를 편집하여 저희 주소${inBrackets(addresses)}를 등록하거나, 주소를 등록하지 않은 읽기 전용 키를 만드세요.`,
    },
    'key-expired': {
      message: ({ expiresAtMs }) =>
        `BitMart에 따르면 이 키는 만료되었거나 권한이 없습니다. 두 경우의 응답이 같습니다.${expiresAtMs ? ` 마지막으로 확인된 만료일은 ${day(expiresAtMs)}이었습니다.` : ''}`,
      remedy: 'API 관리에서 키를 확인하세요. 만료되었다면 새 키를 만들고, 아니라면 “Read Only”에 체크하세요.',
    },
    'key-expires-soon': {
      message: ({ expiresAtMs, hasExpired }) => {
        if (!expiresAtMs) return '키가 곧 만료됩니다.';
        return hasExpired
          ? `BitMart가 알려 준 바로는 이 키가 ${day(expiresAtMs)}에 만료되었습니다.`
          : `키가 곧 만료됩니다. 만료일은 ${day(expiresAtMs)}입니다.`;
      },
      remedy: ({ hasExpired }) => `${hasExpired ? '' : '만료 전에 '}새 읽기 전용 키를 만들어 교체하세요.`,
    },
    'key-frozen': {
      message: 'BitMart가 이 키를 동결했습니다.',
      remedy: 'BitMart에 이유를 문의하거나 새 읽기 전용 키를 만드세요.',
    },
    'no-permission': {
      message: ({ notForSubAccounts }) =>
        notForSubAccounts ? 'BitMart는 서브 계정의 키에 이것을 제공하지 않습니다.' : '이 키로는 읽을 수 없습니다.',
      remedy: ({ notForSubAccounts }) =>
        notForSubAccounts
          ? '조치할 필요가 없습니다. 서브 계정의 키로는 읽을 수 없습니다. 입출금은 메인 계정의 내역에 있으니 메인 계정의 키로 연결하세요.'
          : 'BitMart에서 키를 편집하여 “Read Only”에 체크하세요. 그동안 다른 내역은 계속 읽습니다. 서브 계정의 키로는 입출금을 읽을 수 없습니다.',
    },
    'key-can-withdraw': {
      message: '이 키로 출금할 수 있습니다. 읽기에는 필요 없는 권한입니다.',
      remedy: '“Read Only”만 있는 키를 만들어 사용하세요.',
    },
    'key-can-trade': {
      message: '이 키로 거래할 수 있습니다. 읽기에는 필요 없는 권한입니다.',
      remedy: ({ isRefused }) =>
        isRefused
          ? '“Read Only” 권한만 있는 키를 만들어 그 키를 사용하세요.'
          : '“Read Only”만 있는 키가 더 안전합니다. 가능할 때 교체하세요.',
    },
    'account-restricted': {
      message: 'BitMart가 이 계정을 제한하고 있어 지금은 내역을 읽을 수 없습니다.',
      remedy: 'BitMart에 로그인하여 요청된 절차(본인 확인, 지역, 보안 동결)를 진행하거나 고객 지원에 문의하세요.',
    },
    'different-account': {
      message: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? '이 키가 여기에 연결된 BitMart 계정의 것임을 확인할 수 없습니다. BitMart는 계정을 알려 주지 않으며, 저장된 기록도 더 이상 제공하지 않습니다.'
          : difference === undefined
            ? '이 키는 다른 BitMart 계정의 것이거나 같은 계정임을 확인할 수 없습니다.'
            : '이 키는 여기에 연결된 계정이 아닌 다른 BitMart 계정의 것입니다.',
      remedy: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? '별도의 계정으로 연결하세요. 같은 계정이 확실하다면 통합을 요청하세요.'
          : '별도의 계정으로 연결하거나 연결된 계정의 키를 사용하세요.',
    },
    'same-account': {
      message: ({ otherAccountId }) =>
        `연결된 두 계정이 같은 BitMart 계정으로 확인되어 기록이 중복되었습니다.${otherAccountId ? ` 다른 하나는 ${otherAccountId}입니다.` : ''}`,
      remedy: '서비스에 통합을 요청하세요. 아무것도 잃지 않습니다.',
    },
    'sub-account-needs-own-key': {
      message: ({ subAccount }) =>
        `메인 계정의 키로는 서브 계정의 거래를 읽을 수 없습니다.${subAccount ? ` “${subAccount}”이(가) 지정되었지만 이것은 메인 계정의 키입니다.` : ''}`,
      remedy: 'BitMart에서 서브 계정에 로그인하여 읽기 전용 키를 만들고 그 키로 연결하세요.',
    },
    clock: {
      message: '저희 시계와 BitMart 시계가 맞지 않습니다.',
      remedy: '조치할 필요가 없습니다. 저희가 확인합니다.',
    },
    'unexpected-answer': {
      message: 'BitMart가 올바르지 않은 응답을 보내, 그 응답으로는 아무것도 판단하지 않습니다.',
      remedy: '조치할 필요가 없습니다. 키의 문제가 아니며 자동으로 다시 요청합니다.',
    },
    'fills-missing': {
      message: 'BitMart 주문 목록에 일부 체결이 제공되지 않은 주문이 있습니다.',
      remedy:
        '조치할 필요가 없습니다. 자동으로 다시 요청합니다. 계속 제공되지 않으면 BitMart 웹사이트에서 아직 내보낼 수 있을 때 현물 거래를 내보내세요.',
    },
    'exchange-unreachable': {
      message: '현재 BitMart가 응답하지 않습니다.',
      remedy: '조치할 필요가 없습니다. 키의 문제가 아니며 자동으로 다시 시도합니다.',
    },
    'exchange-closed': {
      message: ({ isEndpointWithdrawn, ended = [], requestedFromMs }) => {
        if (isEndpointWithdrawn) return 'BitMart가 이 내역의 API를 중단하여 어떤 키로도 읽을 수 없습니다.';
        if (ended.length === 0) return 'BitMart가 이 서비스를 종료했습니다.';
        const what = ended.map(({ stream, endedAtMs }) => `${streamName(stream)}(${day(endedAtMs)})`).join(', ');
        const back = requestedFromMs === undefined ? '' : ` ${day(requestedFromMs)}까지, 또는 BitMart가 거부한 데까지`;
        return `계정을 연결하기 전에 BitMart가 종료했습니다: ${what}. 그래도${back} 요청했지만 기록이 없었습니다.`;
      },
      remedy: ({ isEndpointWithdrawn, platformEndMs }) =>
        isEndpointWithdrawn
          ? 'BitMart 웹사이트에서 아직 내보낼 수 있을 때 이 내역을 내보내세요. 이미 읽은 기록은 저장되어 있고 다른 내역은 계속 읽습니다. 다른 키로도 달라지지 않습니다.'
          : `기록이 있다면 BitMart 웹사이트에서 내보낸 파일로만 확인할 수 있습니다.${platformEndMs ? ` BitMart는 ${day(platformEndMs)}에 문을 닫습니다.` : ''}`,
    },
  },
  notChecked: {
    message: '아직 키를 확인하지 못했습니다. 원인은 저희에게 있으며 키의 문제가 아닙니다.',
    remedy: ({ isStored }) =>
      isStored === false
        ? '아무것도 저장되지 않았습니다. 몇 분 후에 다시 시도하세요.'
        : '조치할 필요가 없습니다. 키는 암호화되어 저장되었으며 가능해지는 대로 확인됩니다.',
  },
  slips: {
    'key-empty': 'API 키가 비어 있습니다.',
    'key-malformed': 'API 키에 줄바꿈, 공백 또는 키에 쓰이지 않는 문자가 있거나 너무 깁니다. API 키만 다시 복사하세요.',
    'key-and-secret-swapped': 'API 키와 시크릿이 서로 바뀐 것 같습니다. 시크릿은 더 긴 쪽이며 한 번만 표시됩니다.',
    'key-cut-short': 'API 키가 잘린 것 같습니다. 전체를 다시 복사하세요.',
    'key-of-another-exchange': 'API 키가 다른 거래소의 것 같습니다.',
    'secret-empty': '시크릿이 비어 있습니다.',
    'secret-malformed':
      '시크릿에 줄바꿈, 공백 또는 시크릿에 쓰이지 않는 문자가 있거나 너무 깁니다. 시크릿만 다시 복사하세요.',
    'secret-cut-short': '시크릿이 잘린 것 같습니다. 전체를 다시 복사하세요.',
    'memo-malformed': '메모에 줄바꿈이나 입력할 수 없는 문자가 있거나 너무 깁니다. 메모는 짧은 한 줄입니다.',
    'memo-blank': '메모가 비어 있습니다. BitMart에서 필수이며 이 키를 위해 직접 정한 문구입니다.',
    'memo-like-account-number': '메모가 계정 번호인 것 같습니다. 이 키를 위해 직접 정한 문구여야 합니다.',
    'memo-like-key': '메모가 키나 시크릿인 것 같습니다. 칸이 바뀌었을 수 있습니다.',
    'memo-with-outer-blanks': '메모의 앞이나 뒤에 공백이 있었습니다. BitMart는 한 글자씩 비교합니다.',
    'memo-with-symbols': '메모에 “!”, “※” 같은 기호가 있습니다. 문제를 일으키는 것으로 알려져 있습니다.',
    'secret-same-as-key': '시크릿과 API 키가 같습니다. 시크릿은 더 긴 쪽입니다.',
    'secret-same-as-memo': '시크릿과 메모가 같습니다. 칸이 바뀌었을 수 있습니다.',
  },
  streams: streamTitles('ko'),
  history: {
    heading: '가져오는 내용',
    reading: 'BitMart에서 읽고 있습니다. 보고 있는 동안에도 숫자가 늘어납니다.',
    read: 'BitMart가 이 키에 제공하는 내역을 모두 한 번 읽었습니다.',
    stopped: '읽기가 중지되었습니다.',
    columns: { type: '내역', records: '현재까지의 기록', reach: '가장 오래된 시점', missing: '가져올 수 없는 범위' },
    records: (count) => `기록 ${number.format(count)}건`,
    servedBack: (day) => `${day}까지`,
    nothingServed: 'BitMart가 보낸 기록이 없습니다',
    notAskedYet: '아직 읽지 않음',
    needsRight: (right) => (right === 'unknown' ? '이 키에는 제공되지 않음' : `“${right}” 권한 필요`),
    nothingMissing: '누락이 확인되지 않음',
    stillReading: '읽는 중',
    gaps: {
      'expired-before-link': (until) =>
        `${until} 이전: BitMart가 더 이상 제공하지 않습니다. 더 오래된 기록이 있다면 BitMart 웹사이트에서 내보낸 파일로만 확인할 수 있습니다.`,
      'expired-unread': (until) =>
        `${until} 이전에 BitMart가 제공하는 동안 모두 읽지 못한 기간이 있습니다. 누락된 기록이 있다면 BitMart 웹사이트에서 내보낸 파일로만 확인할 수 있습니다.`,
      'reach-unknown': (until) =>
        `${until} 이전: 기록이 없었고 BitMart는 어디까지 제공하는지 밝히지 않습니다. 대부분 누락이 없습니다.`,
      'too-dense': () => '한 번의 응답에 담기지 않을 만큼 기록이 몰린 시점이 있습니다. 웹사이트의 파일과 비교하세요.',
      refused: () =>
        '이 키로는 읽을 수 없거나 BitMart에서 제공을 종료했습니다. “Read Only”가 체크되어 있지 않다면 BitMart에서 체크하세요.',
      'not-opened': () => 'BitMart의 응답에 해당 계좌가 없습니다. 계좌가 있었다면 BitMart 웹사이트와 비교하세요.',
      quarantined: () => '아직 해석할 수 없는 기록이 있습니다. 원문은 보관되어 있습니다.',
      'unexpected-answer': () => 'BitMart의 응답이 서로 맞지 않는 기간이 있습니다. 다시 요청합니다.',
      unanswered: () => 'BitMart가 응답하지 않는 기간이 있습니다. 다시 요청합니다.',
    },
    missingRight: (right) =>
      right === 'unknown'
        ? 'BitMart는 이 키에 이를 제공하지 않으며 필요한 권한도 밝히지 않습니다. 조치는 필요 없습니다.'
        : `BitMart는 “${right}” 권한이 있는 키에만 이를 제공합니다. 읽기 전용 키가 더 안전하므로 문제가 없습니다.`,
    files: '가져올 수 없는 부분은 파일로 받을 수 있습니다. BitMart에 로그인하여 주문 내역과 자산 내역을 내보내세요.',
    closes: (day) => `BitMart는 ${day}에 문을 닫습니다. 그 전에 내보내세요.`,
  },
};
