import { streamTitles } from './stream-titles.ts';
import type { Texts } from './texts.ts';
import { dayIn, inBrackets, isoDay, minute } from './wording.ts';

const number = new Intl.NumberFormat('ja');

const day = dayIn('ja');

function streamName(name: string): string {
  return ja.streams[name] ?? name;
}

export const ja: Texts = {
  tag: 'ja',
  headings: {
    form: (platform) => `BitMartを${platform}に連携する`,
    replace: 'BitMartのキーを差し替える',
    checking: 'キーを確認しています',
    waiting: 'キーは保存済みです。確認はまだ終わっていません',
    refused: 'キーは受け付けられませんでした',
    notChecked: 'キーを確認できませんでした',
    linked: 'BitMartアカウントを連携しました',
    alreadyLinked: 'このアカウントはすでに連携されています',
    replaced: '新しいキーに切り替わりました',
    expired: 'このリンクの有効期限が切れました',
    exited: '連携せずに終了しました',
    leaving: '連携せずに終了しますか？',
    notFound: 'このリンクは使えません',
    tooOften: '操作の回数が多すぎます',
    failed: 'こちらで問題が発生しました',
  },
  leads: {
    form: (platform) =>
      `${platform}は、読み取り専用のキーで取引履歴を取得します。キーはBitMartで作成します。所要時間は約3分です。`,
    replace: (platform) =>
      `${platform}にある履歴はそのまま残ります。新しいキーが受け付けられるまで、今のキーが使われます。同じBitMartアカウントのキーを使ってください。`,
    checking: 'BitMartの応答があり次第、1行ずつ結果が表示されます。数秒かかります。',
    waiting:
      'キーは暗号化して保存しました。可能になり次第、確認します。このまま待つことも、ページを閉じることもできます。',
    refused: '何も保存していません。下で修正して、もう一度お試しください。',
    notChecked: '何も保存していません。もう一度送信してください。',
    nothingKept: '3つとも入力し直してください。このページは入力内容を保持しません。',
    linked: '現在、履歴を取得しています。今後は自動で更新されます。',
    alreadyLinked: '今入力されたキーで取得を続けます。履歴はそのままです。',
    replaced: '履歴はそのままです。今後は新しいキーで取得を続けます。',
    expired: (platform) =>
      `何も保存していません。${platform}に戻り、最初からやり直して新しいリンクを取得してください。`,
    expiredUnchecked: (platform) =>
      `送信されたキーが保存されていれば、可能になり次第確認し、その後${platform}に表示します。入力し直す前に、${platform}に戻って確認してください。`,
    exited: '何も保存していません。このページを閉じてかまいません。',
    leaving: '入力された内容は保存されません。',
    notFound: (platform) =>
      `リンクが途中で切れているか、古い可能性があります。${platform}に戻り、最初からやり直して新しいリンクを取得してください。`,
    tooOften: 'しばらく待ってから、もう一度お試しください。',
    failed: '現在、このページを表示できません。1分ほど待ってから、再読み込みしてください。',
    notStored: '送信された内容は保存していません。1分ほど待ってから、もう一度お試しください。',
    closePage: 'このページを閉じてかまいません。取得はこのまま続きます。',
    triesLeft: (tries) => `このページではあと${number.format(tries)}回試せます。`,
    noTriesLeft: (platform) => `このページではこれ以上試せません。${platform}に戻り、最初からやり直してください。`,
  },
  guide: {
    heading: 'BitMartでキーを作成する',
    steps: {
      open: ['API管理を開く', 'BitMartにログインし、アカウントメニューから「API Management」を選びます。'],
      memo: ['メモを決める', '英数字だけの好きな文字列を入力します。同じものを、ここでパスフレーズとして入力します。'],
      permission: ['「Read Only」にチェックを入れる', 'ほかの項目にはチェックを入れないでください。'],
      confirm: ['確認する', 'BitMartからメールで届くコードを入力します。'],
      copy: ['キーとシークレットをすぐにコピーする', 'シークレットが表示されるのはこの一度だけです。'],
    },
    addresses: ['IPアドレスを登録する', '登録すると、キーは当サービスのサーバーからしか使えなくなります。'],
    noAddresses: ['IPアドレス欄は空のままにする', '登録するアドレスの案内があった場合を除きます。'],
    picture: {
      caption: 'BitMartの画面でメモを入力する場所（イメージ図）',
      title: 'Create API',
      memo: 'Memo',
      permission: 'Read Only',
      addresses: 'IP addresses',
      note: '自分で決める文字列＝パスフレーズ',
    },
  },
  linkingGuide: {
    steps: {
      create: ['キーを作成', 'BitMartで：アカウントメニュー → API Management → APIキーを作成します。'],
      memo: [
        'メモを決める',
        '必須です。ここで後ほど入力するパスフレーズになります。アカウント番号ではありません。英数字だけが安全です。「!」や「※」などの記号で同期が失敗した例があります。',
      ],
      permission: ['「Read Only」にチェック', 'ほかには何もチェックしません。読み取りに取引や出金の権限は不要です。'],
      addresses: [
        '当サービスのアドレスを登録',
        (addresses) =>
          addresses === ''
            ? 'このプラットフォームがリクエストを送るアドレスを登録します。アドレスはプラットフォームが案内します。'
            : `${addresses} を登録します。リクエストはここから送られます。`,
      ],
      confirmation: ['確認', 'BitMartからメールで届くコードを入力します。'],
      secret: [
        'アクセスキーとシークレットをすぐにコピー',
        'シークレットはこの一度しか表示されません。控え損ねた場合は、新しいキーを作成してください。',
      ],
      'sub-account': [
        'サブアカウントには専用のキーが必要',
        'キーはそのサブアカウントの中で作成します。メインアカウントのキーでは取引を読み取れません。名前はここでは表示用です。同じキーは、名前が違っても一つのアカウントです。',
      ],
    },
    reach: {
      documented: ({ months }) => `過去${months}か月分。対象期間は毎日ずれていきます。`,
      undocumented: 'BitMartが提供している限り過去まで。どこまでかは公表されていません。',
    },
    closing:
      '公式の告知によると、BitMartは2026年8月26日に現物取引を終了し、2027年1月31日15:59（UTC）に完全に閉鎖します。それまでに読み取れなかったものは、以後だれも読み取れません。',
  },
  fields: {
    heading: 'キーを入力する',
    apiKey: { label: 'APIキー', hint: 'BitMartでは「Access Key」と表示されます。' },
    apiSecret: {
      label: 'APIシークレット',
      hint: '一度だけ表示されます。控えていない場合は、キーを作り直してください。',
    },
    memo: {
      label: 'パスフレーズ（自分で決めたメモ）',
      hint: 'アカウント番号ではありません。大文字と小文字は区別されます。',
    },
    subAccount: {
      summary: 'サブアカウントのキーですか？',
      label: 'サブアカウント名',
      hint: '通常は空欄のままにします。名前は表示用で、取得する内容は変わりません。サブアカウントには、その中で作成したキーが必要です。',
    },
    missing: '入力してください。',
    atFault: 'ここを確認してください。',
    privacy: 'キーは暗号化してから保存され、再び表示されることはありません。',
    minutesLeft: (minutes) => `このページはあと${number.format(minutes)}分使えます。`,
  },
  buttons: {
    link: '確認して連携する',
    replace: '確認して差し替える',
    show: '表示',
    hide: '隠す',
    copy: 'コピー',
    copied: 'コピーしました',
    remove: '取り除く',
    cancel: 'キャンセル',
    leave: '終了する',
    stay: 'このページに残る',
    back: (platform) => `${platform}に戻る`,
    close: '閉じる',
  },
  hints: {
    outerBlanks: '前後に空白、引用符、または改行が入っています。',
    secretInKeyField: 'シークレットのようです。APIキーは短いほうの文字列です。',
    keyInSecretField: 'APIキーのようです。シークレットは長いほうの文字列です。',
    memoLikeAccountNumber: 'アカウント番号のようです。メモは、このキーのために自分で決めた文字列です。',
    memoLikeKey: 'キーまたはシークレットのようです。メモは、このキーのために自分で決めた文字列です。',
    memoWithSymbols:
      '「!」や「※」などの記号は、署名が失敗する原因になることが知られています。英数字だけのメモが安全です。',
    notSent: '送信できませんでした。接続を確認して、もう一度お試しください。',
  },
  checks: {
    heading: '確認した内容',
    names: {
      clock: '当サービスとBitMartの時計が合っている',
      key: 'BitMartにこのAPIキーがある',
      secret: 'シークレットとメモが正しい',
      address: '当サービスのアドレスが許可されている',
      permissions: 'キーは読み取りしかできない',
      expiry: 'キーが有効である',
    },
    stream: (name) => `読み取り可能: ${name}`,
    verdicts: { waiting: '待機中', passed: '合格', failed: '問題あり', unknown: '不明', skipped: '未確認' },
    progress: (done, all) => `${number.format(all)}項目のうち${number.format(done)}項目を確認しました。`,
    readOnly: 'このキーは読み取りができます。取引と出金はできません。',
    rightsUnknown:
      'このキーの権限をBitMartから知ることができません。BitMartで「Read Only」だけにチェックが入っているか確認してください。',
    expiresOn: (day) => `${day}まで有効です。`,
    noExpiry: 'BitMartは有効期限を示していません。',
    expiryUnknown: '有効期限があるかどうか、BitMartから知ることができません。',
  },
  problems: {
    'wrong-key': {
      message: 'BitMartにこのAPIキーはありません。',
      remedy: ({ slips = [] }) =>
        [
          ...slips.map((slip) => ja.slips[slip]),
          'BitMartのAPI管理からアクセスキーをもう一度コピーしてください。削除した場合は、新しいキーを作成してください。',
        ].join(''),
    },
    'wrong-secret-or-memo': {
      message: 'APIキーは正しいのですが、シークレットまたはメモが違います。',
      remedy: ({ slips = [] }) =>
        [
          ...slips.map((slip) => ja.slips[slip]),
          'シークレットをコピーし直し、メモを大文字・小文字の区別も含めて入力してください。メモはキーの作成時に自分で決めた文字列で、アカウント番号ではありません。シークレットが分からない場合は、新しいキーを作成してください。',
        ].join(''),
    },
    'ip-not-allowed': {
      message: 'このキーには別のIPアドレスが登録されています。',
      remedy: ({ addresses = [] }) =>
        `BitMartでキーを編集し、当サービスのアドレス${inBrackets(addresses)}を登録するか、アドレスを登録しない読み取り専用キーを作成してください。`,
    },
    'key-expired': {
      message: ({ expiresAtMs }) =>
        `このキーは期限切れか、権限がないとBitMartが応答しました。どちらも同じ応答です。${expiresAtMs ? `前回確認した有効期限は${day(expiresAtMs)}でした。` : ''}`,
      remedy:
        'API管理でキーを確認してください。期限切れなら新しく作成し、そうでなければ「Read Only」にチェックを入れてください。',
    },
    'key-expires-soon': {
      message: ({ expiresAtMs, hasExpired }) => {
        if (!expiresAtMs) return 'キーの有効期限が近づいています。';
        return hasExpired
          ? `BitMartの情報では、このキーの有効期限は${day(expiresAtMs)}に切れました。`
          : `キーの有効期限が近づいています。期限は${day(expiresAtMs)}です。`;
      },
      remedy: ({ hasExpired }) =>
        `${hasExpired ? '' : '期限までに'}新しい読み取り専用キーを作成し、差し替えてください。`,
    },
    'key-frozen': {
      message: 'BitMartがこのキーを凍結しています。',
      remedy: '理由をBitMartに問い合わせるか、新しい読み取り専用キーを作成してください。',
    },
    'no-permission': {
      message: ({ notForSubAccounts }) =>
        notForSubAccounts
          ? 'BitMartはサブアカウントのキーにこれを提供していません。'
          : 'このキーではこれを読み取れません。',
      remedy: ({ notForSubAccounts }) =>
        notForSubAccounts
          ? '対応は不要です。サブアカウントのキーでは読み取れません。入出金はメインアカウントの履歴にあります。メインアカウントのキーで連携してください。'
          : 'BitMartでキーを編集し、「Read Only」にチェックを入れてください。その間も、ほかの履歴は読み取られます。サブアカウントのキーでは、入出金は読み取れません。',
    },
    'key-can-withdraw': {
      message: 'このキーは出金ができます。読み取りには必要のない権限です。',
      remedy: '「Read Only」だけのキーを作成し、そちらを使ってください。',
    },
    'key-can-trade': {
      message: 'このキーは取引ができます。読み取りには必要のない権限です。',
      remedy: ({ isRefused }) =>
        isRefused
          ? '「Read Only」だけを付けたキーを作成し、そのキーを使ってください。'
          : '「Read Only」だけのキーのほうが安全です。できるときに差し替えてください。',
    },
    'account-restricted': {
      message: 'BitMartがこのアカウントを制限しているため、現在は履歴を読み取れません。',
      remedy:
        'BitMartにログインして求められた手続き(本人確認、地域、セキュリティ凍結など)を行うか、サポートに問い合わせてください。',
    },
    'different-account': {
      message: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? 'このキーが連携済みのBitMartアカウントのものだと確認できません。BitMartはアカウントを示さず、保存済みの記録も提供しなくなっています。'
          : difference === undefined
            ? 'このキーは別のBitMartアカウントのものか、同じアカウントだと確認できません。'
            : 'このキーは、連携済みのものとは別のBitMartアカウントのものです。',
      remedy: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? '別のアカウントとして連携してください。同じアカウントだと確かな場合は、統合を依頼してください。'
          : '別のアカウントとして連携するか、連携済みのアカウントのキーを使ってください。',
    },
    'same-account': {
      message: ({ otherAccountId }) =>
        `連携された2つのアカウントは、同じBitMartアカウントでした。記録が二重になっています。${otherAccountId ? `もう一方は${otherAccountId}です。` : ''}`,
      remedy: 'サービスに統合を依頼してください。統合しても何も失われません。',
    },
    'sub-account-needs-own-key': {
      message: ({ subAccount }) =>
        `メインアカウントのキーでは、サブアカウントの取引を読み取れません。${subAccount ? `「${subAccount}」が指定されましたが、これはメインアカウントのキーです。` : ''}`,
      remedy: 'BitMartでサブアカウントにログインし、そこで読み取り専用キーを作成して連携してください。',
    },
    clock: {
      message: '当サービスとBitMartの時計が合っていません。',
      remedy: 'お客様の対応は不要です。当サービスで確認します。',
    },
    'unexpected-answer': {
      message: 'BitMartから正しくない応答がありました。その応答からは何も判断していません。',
      remedy: 'お客様の対応は不要です。キーの問題ではなく、自動的にもう一度問い合わせます。',
    },
    'fills-missing': {
      message: 'BitMartの注文一覧に、一部の取引が提供されていない注文があります。',
      remedy:
        'お客様の対応は不要です。自動的にもう一度問い合わせます。取引が提供されない場合は、BitMartのサイトで書き出せるうちに現物取引を書き出してください。',
    },
    'exchange-unreachable': {
      message: '現在、BitMartから応答がありません。',
      remedy: 'お客様の対応は不要です。キーの問題ではなく、自動的にもう一度試みます。',
    },
    'exchange-closed': {
      message: ({ isEndpointWithdrawn, ended = [], requestedFromMs }) => {
        if (isEndpointWithdrawn) return 'BitMartはこの履歴のAPIを廃止したため、どのキーでも読み取れません。';
        if (ended.length === 0) return 'BitMartはこれを終了しました。';
        const what = ended.map(({ stream, endedAtMs }) => `${streamName(stream)}(${day(endedAtMs)})`).join('、');
        const back =
          requestedFromMs === undefined ? '' : `${day(requestedFromMs)}まで(またはBitMartが拒否するところまで)`;
        return `アカウントの連携前に、BitMartはこれを終了しました: ${what}。それでも${back}問い合わせましたが、記録はありませんでした。`;
      },
      remedy: ({ isEndpointWithdrawn, platformEndMs }) =>
        isEndpointWithdrawn
          ? 'BitMartのサイトで書き出せるうちに、この履歴を書き出してください。読み取り済みの記録は保存されており、ほかの履歴は引き続き読み取られます。別のキーにしても変わりません。'
          : `記録があれば、BitMartのサイトから書き出したファイルでのみ確認できます。${platformEndMs ? `BitMartは${day(platformEndMs)}に閉鎖されます。` : ''}`,
    },
  },
  notChecked: {
    message: 'キーをまだ確認できていません。原因は当サービスにあり、キーの問題ではありません。',
    remedy: ({ isStored }) =>
      isStored === false
        ? '何も保存されていません。数分後にもう一度お試しください。'
        : 'お客様の対応は不要です。キーは暗号化して保存され、確認できるようになり次第、確認されます。',
  },
  operator: {
    'wrong-key': {
      message: 'BitMartにこのAPIキーはありません。',
      remedy: 'アクセスキーの再コピーまたは新しいキーの作成をユーザーに依頼し、差し替えてください(`rotate`)。',
    },
    'wrong-secret-or-memo': {
      message: 'BitMartはAPIキーを認識していますが、署名を受け付けません。シークレットまたはメモが違います。',
      remedy: 'シークレットとメモの再入力、または新しいキーをユーザーに依頼し、差し替えてください(`rotate`)。',
    },
    'ip-not-allowed': {
      message: ({ addresses = [] }) =>
        `キーには、リクエスト元${inBrackets(addresses)}とは別のアドレスが登録されています。`,
      remedy: ({ addresses = [] }) =>
        addresses.length === 0
          ? 'EGRESS_ADDRESSESにワーカーのアドレスを設定すると、ユーザーに表示されます。ユーザーがそれをキーに登録します。'
          : 'EGRESS_ADDRESSESがワーカーのアドレスと一致するか確認してください。ユーザーがそれをキーに登録します。',
    },
    'key-expired': {
      message: ({ expiresAtMs }) =>
        `キーが期限切れか、権限がないとBitMartが応答しました。コードはどちらも同じです。${expiresAtMs ? `前回の確認では有効期限は${minute(expiresAtMs)}でした。` : ''}`,
      remedy:
        'ユーザーに新しいキーを依頼して差し替えるか(`rotate`)、「Read Only」にチェックを入れるよう依頼してください。',
    },
    'key-expires-soon': {
      message: ({ expiresAtMs, hasExpired }) => {
        if (!expiresAtMs) return 'キーの有効期限が近づいています。';
        return hasExpired
          ? `BitMartの情報では、キーの有効期限は${minute(expiresAtMs)}に切れました。`
          : `キーの有効期限が近づいています。期限は${minute(expiresAtMs)}です。`;
      },
      remedy: ({ hasExpired }) =>
        `${hasExpired ? '' : '期限までに'}ユーザーに新しいキーを依頼し、差し替えてください(\`rotate\`)。`,
    },
    'key-frozen': {
      message: 'BitMartがキーを凍結しています。',
      remedy: 'BitMartへの問い合わせ、または新しいキーをユーザーに依頼してください(`rotate`)。',
    },
    'no-permission': {
      message: ({ notForSubAccounts }) =>
        notForSubAccounts
          ? 'BitMartはサブアカウントのどのキーにもこれを提供しません。'
          : 'キーにこの履歴の権限がありません。',
      remedy: ({ notForSubAccounts }) =>
        notForSubAccounts
          ? '対応は不要です。入出金はメインアカウントに含まれます。'
          : '「Read Only」にチェックを入れるようユーザーに依頼してください。同期のたびに再要求され、ほかの履歴は引き続き読み取られます。',
    },
    'key-can-withdraw': {
      message: 'キーで出金ができます。',
      remedy: '「Read Only」だけのキーをユーザーに依頼してください。受け付けるかどうかはKEY_POLICYで決まります。',
    },
    'key-can-trade': {
      message: 'キーで取引ができます。',
      remedy: '「Read Only」だけのキーをユーザーに依頼してください。受け付けるかどうかはKEY_POLICYで決まります。',
    },
    'account-restricted': {
      message: 'BitMartがアカウントを制限し、履歴の提供を拒否しています。',
      remedy: '解除できるのはユーザーだけです。キーは間隔を広げながら再確認されます。',
    },
    'different-account': {
      message: ({ difference }) =>
        difference === 'nothing-to-compare'
          ? 'キーがこのアカウントのものだと示すものがありません。アカウントIDがなく、保存済みの記録も提供されなくなっています。'
          : 'キーは別のBitMartアカウントのものです。',
      remedy:
        'キーを別のアカウントとして連携してください。同じアカウントだと分かっている場合は統合してください(`merge`)。',
    },
    'same-account': {
      message: ({ otherAccountId }) =>
        `このアカウントと${otherAccountId ?? '別のアカウント'}の記録は同じです。同じBitMartアカウントです。`,
      remedy: '統合してください(`merge DUPLICATE ORIGINAL`)。記録の消失や重複は起きません。',
    },
    'sub-account-needs-own-key': {
      message: ({ subAccount }) =>
        `メインアカウントのキーです。${subAccount ? `サブアカウントとして「${subAccount}」が指定されました。` : ''}`,
      remedy: 'サブアカウントの中で作成したキーをユーザーに依頼し、それを連携してください。',
    },
    clock: {
      message: 'BitMartがリクエストの時刻を受け付けないか、BitMartの時計が当方と5分以上ずれています。',
      remedy: 'ワーカーの時計を合わせてください(NTP)。差は`doctor`で確認できます。',
    },
    'unexpected-answer': {
      message: 'BitMartの応答がリクエストと一致しないため、何も判断していません。',
      remedy: '自動的に再要求されます。続く場合は、保存された応答を`coverage --evidence`で確認してください。',
    },
    'fills-missing': {
      message: ({ orders = [], orderCount = orders.length }) =>
        `BitMartの注文一覧によると、${orderCount}件の注文の約定数量が、提供された取引の合計を上回っています。`,
      remedy:
        'これらの注文の期間は毎日再要求されます(1日を超えて有効だった注文は一度だけ)。注文は`coverage`で確認でき、`sync`ですぐに要求できます。続く場合は、BitMartのサイトで書き出せるうちにその期間の現物取引の書き出しをユーザーに依頼してください。',
    },
    'exchange-unreachable': {
      message: 'BitMartから応答がありません。',
      remedy: '自動的に再試行されます。BitMartのホストに接続できるかは`doctor`で確認できます。',
    },
    'exchange-closed': {
      message: ({ isEndpointWithdrawn, ended = [], requestedFromMs }) => {
        if (isEndpointWithdrawn) return 'BitMartはこの履歴のエンドポイントを廃止しました。';
        const what = ended.map(({ stream, endedAtMs }) => `${stream}(${minute(endedAtMs)})`).join('、');
        const back =
          requestedFromMs === undefined
            ? ''
            : `${isoDay(requestedFromMs)}まで、またはBitMartが拒否するところまで要求しましたが、記録はありませんでした。`;
        return `アカウントの連携前に、BitMartはこれを終了しました${what === '' ? '' : `: ${what}`}。${back}`;
      },
      remedy: ({ isEndpointWithdrawn }) =>
        isEndpointWithdrawn
          ? 'BitMartのサイトで書き出せるうちに、この履歴の書き出しをユーザーに依頼してください。読み取り済みの記録は保存されています。別のキーにしても変わりません。'
          : '対応は不要です。記録があった場合は、BitMartのサイトのファイルにのみ残っています。',
    },
  },
  slips: {
    'key-empty': 'APIキーが空です。',
    'key-malformed':
      'APIキーに改行、空白、またはキーに使われない文字があるか、長すぎます。APIキーだけをもう一度コピーしてください。',
    'key-and-secret-swapped': 'APIキーとシークレットが逆のようです。シークレットは長いほうで、一度だけ表示されます。',
    'key-cut-short': 'APIキーが途中で切れているようです。全体をもう一度コピーしてください。',
    'key-of-another-exchange': 'APIキーが別の取引所のもののようです。',
    'secret-empty': 'シークレットが空です。',
    'secret-malformed':
      'シークレットに改行、空白、または使われない文字があるか、長すぎます。シークレットだけをもう一度コピーしてください。',
    'secret-cut-short': 'シークレットが途中で切れているようです。全体をもう一度コピーしてください。',
    'memo-malformed': 'メモに改行などの入力できない文字があるか、長すぎます。メモは短い1行の文字列です。',
    'memo-blank': 'メモが空です。BitMartでは必須で、このキーのために自分で決めた文字列です。',
    'memo-like-account-number': 'メモがアカウント番号のようです。メモは、このキーのために自分で決めた文字列です。',
    'memo-like-key': 'メモがキーまたはシークレットのようです。欄を取り違えている可能性があります。',
    'memo-with-outer-blanks': 'メモの前後に空白がありました。BitMartは1文字ずつ比較します。',
    'memo-with-symbols': 'メモに「!」や「※」などの記号があります。問題の原因になることが知られています。',
    'secret-same-as-key': 'シークレットとAPIキーが同じ文字列です。シークレットは長いほうです。',
    'secret-same-as-memo': 'シークレットとメモが同じ文字列です。欄を取り違えている可能性があります。',
  },
  streams: streamTitles('ja'),
  history: {
    heading: '取得される内容',
    reading: 'BitMartから取得中です。件数は表示中も増えていきます。',
    read: 'BitMartがこのキーに提供している履歴を、すべて一度取得しました。',
    stopped: '取得は停止しています。',
    columns: { type: '履歴', records: 'これまでの件数', reach: 'さかのぼれた時点', missing: '取得できない範囲' },
    records: (count) => `${number.format(count)}件`,
    servedBack: (day) => `${day}まで`,
    nothingServed: '記録はありませんでした',
    notAskedYet: '未取得',
    needsRight: (right) => (right === 'unknown' ? 'このキーには非開示' : `「${right}」権限が必要`),
    nothingMissing: '不足は確認されていません',
    stillReading: '取得中',
    gaps: {
      'expired-before-link': (until) =>
        `${until}より前: BitMartの提供は終了しています。それ以前の記録があれば、BitMartのサイトから書き出したファイルでのみ確認できます。`,
      'expired-unread': (until) =>
        `${until}より前に、BitMartが提供していた間に取得しきれなかった期間があります。不足している記録があれば、BitMartのサイトから書き出したファイルでのみ確認できます。`,
      'reach-unknown': (until) =>
        `${until}より前: 記録は返されませんでした。BitMartはどこまで提供するかを示していません。ほとんどの場合、不足はありません。`,
      'too-dense': () => '1回の応答に収まらないほど記録が集中した時点があります。サイトのファイルと照合してください。',
      refused: () =>
        'このキーでは読み取れないか、BitMartが提供を終了しています。「Read Only」にチェックがない場合は、BitMartでチェックを入れてください。',
      'not-opened': () =>
        'BitMartの応答にはこの口座がありません。お持ちだった場合は、BitMartのサイトと比べてください。',
      quarantined: () => 'まだ解釈できない記録があります。原文は保管されています。',
      'unexpected-answer': () => 'BitMartの応答が食い違う期間があります。再度取得します。',
      unanswered: () => 'BitMartが応答しない期間があります。再度取得します。',
    },
    missingRight: (right) =>
      right === 'unknown'
        ? 'BitMartはこのキーにこれを開示せず、必要な権限も示していません。対応は不要です。'
        : `BitMartがこれを開示するのは「${right}」権限のあるキーだけです。読み取り専用キーのほうが安全なので、問題はありません。`,
    files: '取得できない範囲は、ファイルで入手できます。BitMartにログインし、注文履歴と資産履歴を書き出してください。',
    closes: (day) => `BitMartは${day}に閉鎖されます。それまでに書き出してください。`,
  },
};
