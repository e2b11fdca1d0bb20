type QuetraEnv = import("./env.ts").Env;
type Migrations = import("@cloudflare/vitest-plugin").D1Migration[];
type MainModule = typeof import("./index.ts");

declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: MainModule;
    durableNamespaces: "Organization";
  }
  interface Env extends QuetraEnv {
    readonly TEST_MIGRATIONS: Migrations;
  }
}
