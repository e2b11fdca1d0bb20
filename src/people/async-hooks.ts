import { AsyncLocalStorage } from "node:async_hooks";

/**
 * Stands in for `@better-auth/core/async_hooks` (`alias` in wrangler.toml). The original begins `import("node:async_hooks")`
 * while its module is evaluated, which here happens inside the first request to the dashboard. When that request ends
 * before the import has come back, workerd drops the promise, and everybody after it waits for ever.
 */
export const getAsyncLocalStorage = async (): Promise<typeof AsyncLocalStorage> => AsyncLocalStorage;
