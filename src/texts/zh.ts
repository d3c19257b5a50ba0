import { streamTitles } from './stream-titles.ts';
import type { Texts } from './texts.ts';
import { dayIn, inBrackets } from './wording.ts';

const number = new Intl.NumberFormat('zh');

const day = dayIn('zh-Hans');

function streamName(name: string): string {
  return zh.streams[name] ?? name;
}

export const zh: Texts = {
  tag: 'zh-Hans',
  headings: {
    form: (platform) => `将 BitMart 连接到 ${platform}`,
    replace: '更换您的 BitMart 密钥',
    checking: '正在检查您的密钥',
    waiting: '密钥已保存，检查尚未完成',
    refused: '密钥未被接受',
    notChecked: '未能检查您的密钥',
    linked: '您的 BitMart 账户已连接',
    alreadyLinked: '该账户此前已连接',
    replaced: '新密钥已启用',
    expired: '此链接已过期',
    exited: '您已退出，未连接账户',
    leaving: '不连接就退出吗？',
    notFound: '此链接无法使用',
    tooOften: '尝试次数过多',
    failed: '我们这边出现了问题',
  },
  leads: {
    form: (platform) => `${platform} 使用只读密钥读取您的历史记录。密钥由您在 BitMart 创建，大约需要三分钟。`,
    replace: (platform) =>
      `${platform} 已有的历史记录会保留。新密钥被接受之前，现有密钥继续使用。请使用同一个 BitMart 账户的密钥。`,
    checking: 'BitMart 每返回一项结果，对应的一行就会更新。需要几秒钟。',
    waiting: '您的密钥已加密保存。一旦可行就会检查。您可以在此等待，也可以关闭此页面。',
    refused: '没有保存任何内容。请在下方更正后重试。',
    notChecked: '没有保存任何内容。请重新发送。',
    nothingKept: '请重新输入全部三项：此页面不保留您输入的内容。',
    linked: '正在读取历史记录，今后会自动保持更新。',
    alreadyLinked: '现在使用您刚才提供的密钥读取，历史记录保持不变。',
    replaced: '历史记录保持不变，今后使用新密钥继续读取。',
    expired: (platform) => `没有保存任何内容。请返回 ${platform} 重新开始，以获取新的链接。`,
    expiredUnchecked: (platform) =>
      `如果您发送的密钥已保存，一旦可行就会检查，之后会显示在 ${platform} 上。重新输入之前，请先返回 ${platform} 查看。`,
    exited: '没有保存任何内容。您可以关闭此页面。',
    leaving: '您输入的内容不会被保存。',
    notFound: (platform) => `链接可能不完整或已失效。请返回 ${platform} 重新开始，以获取新的链接。`,
    tooOften: '请过一段时间再试。',
    failed: '目前无法显示此页面。请一分钟后重新加载。',
    notStored: '您发送的内容没有保存。请一分钟后重试。',
    closePage: '您可以关闭此页面，读取会继续进行。',
    triesLeft: (tries) => `在此页面上还可尝试 ${number.format(tries)} 次。`,
    noTriesLeft: (platform) => `在此页面上已不能再尝试。请返回 ${platform} 重新开始。`,
  },
  guide: {
    heading: '在 BitMart 创建密钥',
    steps: {
      open: ['打开 API 管理', '登录 BitMart，打开账户菜单，选择 API Management。'],
      memo: ['设定备注（Memo）', '由您自己设定，只用字母和数字。在这里将同样的内容作为口令输入。'],
      permission: ['勾选“Read Only”', '不要勾选其他选项。'],
      confirm: ['确认', '输入 BitMart 通过电子邮件发送的验证码。'],
      copy: ['立即复制密钥和私钥', '私钥只显示这一次。'],
    },
    addresses: ['绑定我们的地址', '绑定后，该密钥只能从我们的服务器使用。'],
    noAddresses: ['地址列表留空', '除非平台告诉您需要绑定的地址。'],
    picture: {
      caption: '在 BitMart 表单中填写备注的位置（示意图）',
      title: 'Create API',
      memo: 'Memo',
      permission: 'Read Only',
      addresses: 'IP addresses',
      note: '您自己设定的文字，即口令',
    },
  },
  linkingGuide: {
    steps: {
      create: ['创建密钥', '在 BitMart：账户菜单 → API Management → 创建 API 密钥。'],
      memo: [
        '设定备注（memo）',
        '必填，也就是稍后在这里输入的口令。它不是您的账户编号。请只用字母和数字：“!”或“※”之类的符号曾导致同步失败。',
      ],
      permission: ['勾选“Read Only”', '其他都不要勾选：读取不需要交易或提现权限。'],
      addresses: [
        '绑定我们的地址',
        (addresses) =>
          addresses === ''
            ? '绑定本平台发出请求的地址，平台会告诉您是哪些。'
            : `绑定 ${addresses}：我们的请求从这里发出。`,
      ],
      confirmation: ['确认', '输入 BitMart 通过电子邮件发送的验证码。'],
      secret: ['立即复制访问密钥和密钥（secret）', '密钥（secret）只显示这一次。错过了？请创建新的密钥。'],
      'sub-account': [
        '子账户需要自己的密钥',
        '请在该子账户中创建密钥：主账户的密钥无法读取它的交易。名称在这里只是标签；同一个密钥无论叫什么都是同一个账户。',
      ],
    },
    reach: {
      documented: ({ months }) => `过去 ${months} 个月，范围每天向后移动。`,
      undocumented: 'BitMart 仍提供多久就能读多久，但它没有说明是多久。',
    },
    closing:
      '根据其公告，BitMart 已于 2026-08-26 结束现货交易，并将于 2027-01-31 15:59 UTC 永久关闭：届时尚未读取的内容，任何人都无法再读取。',
  },
  fields: {
    heading: '在此输入密钥',
    apiKey: { label: 'API 密钥', hint: 'BitMart 称之为 Access Key。' },
    apiSecret: { label: 'API 私钥', hint: 'BitMart 只显示一次。如未保存，请创建新密钥。' },
    memo: { label: '口令（您设定的备注 Memo）', hint: '不是账户编号。区分大小写。' },
    subAccount: {
      summary: '这是子账户的密钥吗？',
      label: '子账户名称',
      hint: '通常留空。名称仅用于显示，不影响读取的内容。子账户需要在其内部创建的密钥。',
    },
    missing: '请填写此项。',
    atFault: '请检查此项。',
    privacy: '您的密钥会先加密再保存，并且不会再次显示。',
    minutesLeft: (minutes) => `此页面还可使用 ${number.format(minutes)} 分钟。`,
  },
  buttons: {
    link: '检查并连接',
    replace: '检查并更换',
    show: '显示',
    hide: '隐藏',
    copy: '复制',
    copied: '已复制',
    remove: '去除',
    cancel: '取消',
    leave: '退出',
    stay: '留在此页面',
    back: (platform) => `返回 ${platform}`,
    close: '关闭',
  },
  hints: {
    outerBlanks: '这段文字的前后有空格、引号或换行。',
    secretInKeyField: '这看起来像私钥。API 密钥是较短的那一段。',
    keyInSecretField: '这看起来像 API 密钥。私钥是较长的那一段。',
    memoLikeAccountNumber: '这看起来像账户编号。备注是您为此密钥自己设定的文字。',
    memoLikeKey: '这看起来像密钥或私钥。备注是您为此密钥自己设定的文字。',
    memoWithSymbols: '已知“!”和“※”等符号会导致签名失败。只用字母和数字的备注更稳妥。',
    notSent: '未能发送。请检查网络连接后重试。',
  },
  checks: {
    heading: '检查内容',
    names: {
      clock: '我们的时钟与 BitMart 一致',
      key: 'BitMart 认识该 API 密钥',
      secret: '私钥和备注正确',
      address: '我们的地址被允许',
      permissions: '密钥只能读取',
      expiry: '密钥有效',
    },
    stream: (name) => `可以读取：${name}`,
    verdicts: { waiting: '等待中', passed: '通过', failed: '有问题', unknown: '未知', skipped: '未检查' },
    progress: (done, all) => `${number.format(all)} 项检查中已完成 ${number.format(done)} 项。`,
    readOnly: '此密钥可以读取，不能交易或提现。',
    rightsUnknown: 'BitMart 没有告诉我们此密钥的权限。请确认那里只勾选了“Read Only”。',
    expiresOn: (day) => `有效期至${day}。`,
    noExpiry: 'BitMart 没有给出到期日。',
    expiryUnknown: 'BitMart 没有告诉我们它是否会到期。',
  },
  problems: {
    'wrong-key': {
      message: 'BitMart 不认识该 API 密钥。',
      remedy: ({ slips = [] }) =>
        [
          ...slips.map((slip) => zh.slips[slip]),
          '请从 BitMart 的 API 管理重新复制访问密钥。如果已删除，请创建新密钥。',
        ].join(''),
    },
    'wrong-secret-or-memo': {
      message: 'API 密钥正确，但私钥或备注有误。',
      remedy: ({ slips = [] }) =>
        [
          ...slips.map((slip) => zh.slips[slip]),
          '请重新复制私钥，并按原来的大小写输入备注。备注是您创建密钥时自己填写的文字，不是账户编号。如果私钥已丢失，请创建新密钥。',
        ].join(''),
    },
    'ip-not-allowed': {
      message: '该密钥绑定了其他地址，而不是我们的地址。',
      remedy: ({ addresses = [] }) =>
        `请在 BitMart 编辑密钥并绑定我们的地址${inBrackets(addresses)}，或创建不绑定地址的只读密钥。`,
    },
    'key-expired': {
      message: ({ expiresAtMs }) =>
        `BitMart 表示该密钥已过期或缺少权限，两者的响应相同。${expiresAtMs ? `上次得知的到期日为 ${day(expiresAtMs)}。` : ''}`,
      remedy: '请在 API 管理中查看该密钥。如已过期，请创建新密钥；否则请勾选“Read Only”。',
    },
    'key-expires-soon': {
      message: ({ expiresAtMs, hasExpired }) => {
        if (!expiresAtMs) return '密钥即将到期。';
        return hasExpired
          ? `据 BitMart 提供的信息，该密钥已于 ${day(expiresAtMs)} 到期。`
          : `密钥即将到期。到期日为 ${day(expiresAtMs)}。`;
      },
      remedy: ({ hasExpired }) => `请${hasExpired ? '' : '在到期前'}创建新的只读密钥并更换。`,
    },
    'key-frozen': { message: 'BitMart 已冻结该密钥。', remedy: '请向 BitMart 询问原因，或创建新的只读密钥。' },
    'no-permission': {
      message: ({ notForSubAccounts }) =>
        notForSubAccounts ? 'BitMart 不向子账户的密钥提供此项。' : '该密钥无权读取此项。',
      remedy: ({ notForSubAccounts }) =>
        notForSubAccounts
          ? '无需处理：子账户的密钥无法读取此项。充值和提现在主账户的历史中，请用主账户的密钥连接。'
          : '请在 BitMart 编辑密钥并勾选“Read Only”。其他内容会照常读取。子账户的密钥无法读取充值和提现。',
    },
    'key-can-withdraw': {
      message: '该密钥可以提现。读取不需要此权限。',
      remedy: '请创建只有“Read Only”权限的密钥并改用它。',
    },
    'key-can-trade': {
      message: '该密钥可以交易。读取不需要此权限。',
      remedy: ({ isRefused }) =>
        isRefused ? '请创建只有“Read Only”权限的密钥并使用它。' : '只有“Read Only”权限的密钥更安全，请在方便时更换。',
    },
    'account-restricted': {
      message: 'BitMart 限制了该账户，目前无法读取其历史。',
      remedy: '请登录 BitMart 完成所要求的操作（身份验证、地区、安全冻结），或联系其客服。',
    },
    'different-account': {
      message: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? '无法证明该密钥属于此处已连接的 BitMart 账户：BitMart 不说明账户，也不再提供我们保存的记录。'
          : difference === undefined
            ? '该密钥属于另一个 BitMart 账户，或者无法证明是同一个账户。'
            : '该密钥属于另一个 BitMart 账户，而不是此处已连接的账户。',
      remedy: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? '请将其作为单独的账户连接。如果您确定二者是同一账户，请要求将其合并。'
          : '请将其作为单独的账户连接，或使用已连接账户的密钥。',
    },
    'same-account': {
      message: ({ otherAccountId }) =>
        `两个已连接的账户其实是同一个 BitMart 账户，因此记录重复。${otherAccountId ? `另一个是 ${otherAccountId}。` : ''}`,
      remedy: '请让平台将二者合并，不会丢失任何内容。',
    },
    'sub-account-needs-own-key': {
      message: ({ subAccount }) =>
        `主账户的密钥无法读取子账户的交易。${subAccount ? `您填写了子账户“${subAccount}”，但这是主账户的密钥。` : ''}`,
      remedy: '请在 BitMart 登录子账户，在那里创建只读密钥并连接。',
    },
    clock: { message: '我们的时钟与 BitMart 不一致。', remedy: '您无需处理，由我们检查。' },
    'unexpected-answer': {
      message: 'BitMart 的响应不正确，因此不作任何判断。',
      remedy: '您无需处理。这不是密钥的问题，系统会自动再次请求。',
    },
    'fills-missing': {
      message: 'BitMart 的订单列表中有订单的部分成交未被提供。',
      remedy: '您无需处理，系统会自动再次请求。如果一直没有提供，请趁 BitMart 网站仍提供时导出现货成交。',
    },
    'exchange-unreachable': {
      message: 'BitMart 目前没有响应。',
      remedy: '您无需处理。这不是密钥的问题，系统会自动重试。',
    },
    'exchange-closed': {
      message: ({ isEndpointWithdrawn, ended = [], requestedFromMs }) => {
        if (isEndpointWithdrawn) return 'BitMart 已停止通过 API 提供此历史，任何密钥都无法再读取。';
        if (ended.length === 0) return 'BitMart 已终止此项服务。';
        const what = ended.map(({ stream, endedAtMs }) => `${streamName(stream)}（${day(endedAtMs)}）`).join('、');
        const back = requestedFromMs === undefined ? '' : `，直至 ${day(requestedFromMs)} 或 BitMart 拒绝之处`;
        return `BitMart 在此账户连接之前已终止：${what}。我们仍进行了请求${back}，没有收到任何记录。`;
      },
      remedy: ({ isEndpointWithdrawn, platformEndMs }) =>
        isEndpointWithdrawn
          ? '请趁 BitMart 网站仍提供时导出此历史。之前读取的内容仍然保存，其他历史继续读取；更换密钥没有帮助。'
          : `如有记录，只能通过您在 BitMart 网站上导出的文件获得。${platformEndMs ? `BitMart 将于 ${day(platformEndMs)} 关闭。` : ''}`,
    },
  },
  notChecked: {
    message: '尚未能检查该密钥。原因在我们这边，不是密钥的问题。',
    remedy: ({ isStored }) =>
      isStored === false ? '没有保存任何内容。请几分钟后重试。' : '您无需处理。密钥已加密保存，一旦可行就会检查。',
  },
  slips: {
    'key-empty': 'API 密钥为空。',
    'key-malformed': 'API 密钥中有换行、空格或密钥不会包含的字符，或者过长。请只复制密钥，重新粘贴。',
    'key-and-secret-swapped': 'API 密钥和私钥似乎填反了：私钥较长，且只显示一次。',
    'key-cut-short': 'API 密钥似乎不完整，请重新完整复制。',
    'key-of-another-exchange': 'API 密钥似乎属于其他交易所。',
    'secret-empty': '私钥为空。',
    'secret-malformed': '私钥中有换行、空格或私钥不会包含的字符，或者过长。请只复制私钥，重新粘贴。',
    'secret-cut-short': '私钥似乎不完整，请重新完整复制。',
    'memo-malformed': '备注中有换行或无法输入的字符，或者过长。备注是一行简短的文字。',
    'memo-blank': '备注为空。BitMart 要求填写：它是您为此密钥自己设定的文字。',
    'memo-like-account-number': '备注看起来像账户编号。它应是您为此密钥自己设定的文字。',
    'memo-like-key': '备注看起来像密钥或私钥。可能填错了位置。',
    'memo-with-outer-blanks': '备注的开头或结尾有空格。BitMart 会逐字比较。',
    'memo-with-symbols': '备注中有“!”或“※”等符号，已知会引起问题。',
    'secret-same-as-key': '私钥与 API 密钥相同。私钥是较长的那一段。',
    'secret-same-as-memo': '私钥与备注相同。可能填错了位置。',
  },
  streams: streamTitles('zh'),
  history: {
    heading: '您将获得的内容',
    reading: '正在从 BitMart 读取，数字会不断增加。',
    read: 'BitMart 向此密钥提供的全部内容已读取一遍。',
    stopped: '读取已停止。',
    columns: { type: '历史记录', records: '目前的记录数', reach: '可追溯到', missing: '无法获取的范围' },
    records: (count) => `${number.format(count)} 条记录`,
    servedBack: (day) => `至 ${day}`,
    nothingServed: 'BitMart 没有返回记录',
    notAskedYet: '尚未读取',
    needsRight: (right) => (right === 'unknown' ? '不向该密钥提供' : `需要“${right}”权限`),
    nothingMissing: '未发现缺失',
    stillReading: '正在读取',
    gaps: {
      'expired-before-link': (until) =>
        `${until}之前：BitMart 不再提供。如有更早的记录，只能通过您在 BitMart 网站上导出的文件获得。`,
      'expired-unread': (until) =>
        `${until}之前有一段时间，在 BitMart 仍提供时未能完整读取。如有缺失的记录，只能通过您在 BitMart 网站上导出的文件获得。`,
      'reach-unknown': (until) => `${until}之前：BitMart 没有返回记录，也没有说明可追溯多久。多数情况下没有缺失。`,
      'too-dense': () => '某一时刻的记录超过一次响应的容量。请与网站上的文件核对。',
      refused: () => '该密钥无权读取，或 BitMart 已停止提供。若未勾选“Read Only”，请在 BitMart 勾选。',
      'not-opened': () => 'BitMart 的响应中没有您的此类账户。如果您曾有过，请与其网站核对。',
      quarantined: () => '有一条记录尚无法解读，其原文已保存。',
      'unexpected-answer': () => '某段时间内 BitMart 的响应相互矛盾，将重新请求。',
      unanswered: () => '某段时间 BitMart 没有响应，将重新请求。',
    },
    missingRight: (right) =>
      right === 'unknown'
        ? 'BitMart 不向该密钥提供此项，也未说明所需权限。无需处理。'
        : `BitMart 只向拥有“${right}”权限的密钥提供此项。只读密钥更安全，因此无需处理。`,
    files: '无法获取的部分仍可通过文件获得：登录 BitMart，打开订单记录和资产记录并导出。',
    closes: (day) => `BitMart 将于${day}关闭，请在此之前导出。`,
  },
};
