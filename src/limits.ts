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

  // Pages
  listDefault: 20,
  listMax: 100,
  exportRows: 10_000,

  // Followers
  projectionBatch: 100,
  projectionBatchBytes: 512 * 1024,
  projectionDelayMs: 500,
  timersPerAlarm: 200,
  sweepOrganizations: 50,
} as const;
