type QuetraEnv = import("./env.ts").Env;
type Migrations = import("@cloudflare/vitest-plugin").D1Migration[];

declare namespace Cloudflare {
  interface Env extends QuetraEnv {
    readonly TEST_MIGRATIONS: Migrations;
  }
}
