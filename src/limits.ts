/**
 * Every bound of the service, in one place. Each is tested at N and N + 1.
 * Durations are in milliseconds, sizes in bytes unless the name says otherwise.
 */
export const LIMITS = {
  // Requests
  requestBodyBytes: 64 * 1024,
  urlBytes: 4096,

  // Money: micros per request (10^14 micros = 100 million major units)
  amountMicros: 100_000_000_000_000,
  amountDecimals: 6,

  // Text
  nameChars: 100,
  descriptionChars: 500,
  vendorChars: 253,
  categoryChars: 64,
  reasonChars: 500,
  idempotencyKeyChars: 128,
  metadataEntries: 10,
  metadataKeyChars: 40,
  metadataValueChars: 200,
  tags: 20,
  tagChars: 40,

  // Mandates
  budgetsPerMandate: 8,
  rulesPerMandate: 32,
  listEntriesPerRule: 200,
  customExpressionChars: 1000,
  customExpressionNodes: 200,
  customExpressionDepth: 16,
  rateLimitTransactions: 100_000,
  rateLimitWindowMinutes: 44_640, // 31 days
  approvalTimeoutMinutes: 10_080, // 7 days
  termsBytes: 32 * 1024,
  versionsPerMandate: 1_000,

  // Organization
  agents: 1_000,
  mandatesPerAgent: 100,
  keys: 1_000,
  organizationBudgets: 8,
  walletsPerOrganization: 10,
  pendingApprovalsPerAgent: 5,
  storageRefuseBytes: 9 * 1024 ** 3,

  // Time
  settleByMs: 24 * 3_600_000,
  toolAuthorizationMs: 15 * 60_000,
  approvalDefaultMs: 60 * 60_000,
  rejectionShareMs: 60_000,
  rejectionRowsPerMinute: 10,
  keyRotationOverlapHours: 168,
  walletBalanceMs: 30_000, // age of a balance that is shown without asking the chain again

  // Floods
  spendCallsPerMinute: 60,
  spendCallsPerMinuteMax: 6_000,
  requestsPerKeyPerMinute: 1_200,
  rejectionEventCounts: [1, 10, 100] as readonly number[],

  // Paid requests
  fetchBodyBytes: 48 * 1024,
  fetchesAtOnce: 24,
  fetchesAtOncePerAgent: 8,
  fetchesWaiting: 256,
  keptAnswersPerAgent: 100,
  keptAnswerBytes: 64 * 1024,
  keptAnswerMs: 24 * 3_600_000,

  // People
  organizationsPerPerson: 5, // that a person founds or joins
  membersPerOrganization: 200,
  invitationsPerOrganization: 50, // waiting at once
  invitationsPerPersonPerHour: 50, // that one person makes, in whatever organizations
  memberChangesPerPersonPerMinute: 60, // fewer than are put on record: none is made that the log does not show
  foundingsPerPersonPerDay: 5, // organizations that one person begins to make, also where that fails
  invitationMs: 7 * 86_400_000,
  sessionMs: 7 * 86_400_000, // without use
  sessionAgeMs: 30 * 86_400_000, // however much it is used
  sessionsPerPerson: 20,
  emailChars: 254,
  passwordCharsMin: 12,
  passwordCharsMax: 128,
  signInsPerAccount: 10, // failed, in signInWindowMs, wherever they come from
  signInWindowMs: 15 * 60_000,
  mailsPerAddressPerHour: 5,
  mailSubjectChars: 200,
  mailBodyBytes: 64 * 1024, // text and HTML together
  mailTimeoutMs: 10_000,
  mailRequestsPerClient: 10, // for another mail, from one network address, without a minute's pause
  signInAttemptsPerClient: 30, // the same
  signUpsPerClient: 10, // the same
  confirmationMs: 24 * 3_600_000, // for how long the link that confirms an address is good
  unconfirmedMs: 7 * 86_400_000, // after which an account goes that nobody confirmed
  resetMs: 3_600_000,
  codeMs: 3 * 60_000, // longer than an authenticator's code is good, so that none counts twice
  requestsPerPersonPerMinute: 600,
  dashboardFormBytes: 128 * 1024, // terms at their limit, each character as the three that a form may need for it
  demoHistorySteps: 2_000,
  demoHistoryBytes: 2 * 1024 ** 2,
  dashboardExportParts: 100, // of exportRows each, in one file
  dashboardSearchRows: 20_000, // the newest, among which the dashboard searches
  dashboardEvents: 50, // of the log, on one page

  // Providers
  stripeKeys: 10, // kept: the active one and those that open charges were begun with
  profilesPerOrganization: 100,
  profilesPerMandate: 20,
  profileNameChars: 40,
  merchantsPerOrganization: 50,
  merchantsPerProfile: 50,
  checkoutItems: 50,
  checkoutItemIdChars: 128,
  checkoutQuantity: 1_000,
  refundsPerTransaction: 50,
  hookBodyBytes: 256 * 1024,
  hookEventsKept: 10_000,
  hookEventMs: 35 * 24 * 3_600_000, // longer than a provider repeats itself
  providerCallMs: 20_000,
  providerCallsAtOnce: 24,
  providerCallsAtOncePerAgent: 8,
  providerCallsWaiting: 256,
  providerBodyBytes: 512 * 1024, // of one answer of Stripe or a merchant
  tokenMs: 10 * 60_000, // for how long a payment token is valid, at most

  // Pages
  listDefault: 20,
  listMax: 100,
  exportRows: 10_000,

  // Webhooks
  webhookEndpoints: 10,
  webhookUrlChars: 2048,
  webhookFilters: 50, // entries of an endpoint's list of events
  webhookInFlight: 8, // deliveries of one endpoint at once; every endpoint's together fit one sendBatch
  webhookProbeAfter: 20, // failures in a row, after which it is asked one at a time
  webhookTimeoutMs: 15_000,
  webhookLeaseMs: 60_000,
  webhookExcerptBytes: 1024,
  webhookDisableAfterMs: 5 * 24 * 3_600_000,
  webhookDisableFailures: 5, // so many at least, and without a longer pause between two of them than the next
  webhookFailingGapMs: 30 * 3_600_000, // more than the longest wait between two attempts
  webhookBacklog: 100_000, // deliveries of one endpoint that have not ended
  webhookBacklogRoom: 10_000, // on top of those that there were when it was enabled
  webhookDeliveriesKept: 10_000, // that have ended, of one endpoint
  webhookKeptMs: 30 * 24 * 3_600_000,
  webhookPruneBatch: 100,
  webhookReplayEvents: 1_000,
  webhookOverlapHours: 24,

  // Approvals by link
  approvalFormBytes: 8 * 1024,
  approvalLinkVisitsPerMinute: 60,

  // Alerts
  alertsKept: 10_000,
  alertCountMax: 1_000, // purchases or refusals that a threshold can ask for
  alertWindowMinutesMax: 60,
  alertCooldownMinutesMax: 1_440,
  alertUnknownMinutesMax: 1_440,
  alertScoreMax: 1_000,
  alertSample: 50, // purchases per agent and currency that an unusual amount is compared with
  alertVendorsPerAgent: 5_000,
  alertBurst: 20, // of kinds that name another thing each time: so many in one cooldown
  alertStorageBytes: 7 * 1024 ** 3,
  alertStorageLookMs: 3_600_000,

  // Audit
  checkpointEvents: 1_000, // the head is signed once so many events are unsigned,
  checkpointMs: 24 * 3_600_000, // or so long after the last time
  signRetryMs: 3_600_000, // without SEALING_SECRETS
  signaturesPerTurn: 50,
  signingKeys: 100,
  exportBytes: 8 * 1024 ** 2,
  erasedPerCall: 100,

  // Rehearsal
  rehearsalEvents: 20_000, // of the log, read by one simulation; a half at most to warm up
  rehearsalPage: 500, // events between which other work goes on
  rehearsalsAtOnce: 1,
  rehearsalDefaultMs: 31 * 24 * 3_600_000,
  rehearsalPurchases: 1_000,
  rehearsalDays: 400, // told one by one: as long as history is kept
  rehearsalDifferences: 100, // shown of a simulation, and of a shadow the newest
  shadowsPerOrganization: 3,
  shadowDifferences: 1_000, // kept of each shadow
  shadowCarried: 10_000, // purchases (and known vendors) that a shadow begins with
  shadowPurchases: 100_000, // that one shadow follows before it ends itself
  shadowKeepMs: 35 * 24 * 3_600_000, // for how long a purchase is followed

  // Followers of the event log
  followDelayMs: 500,
  followBatch: 100,
  followBatchShadow: 20, // each may be judged by three drafts with slow custom rules
  followAttempts: 20, // on one event that fails: about a quarter of an hour
  projectionBatch: 100,
  projectionBatchBytes: 512 * 1024,
  timersPerAlarm: 200,
  sweepOrganizations: 50,
} as const;
