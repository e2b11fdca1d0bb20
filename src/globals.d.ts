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

/** Files that wrangler bundles as text (`rules` in wrangler.toml): what the dashboard sends to browsers as it is. */
declare module "*.css" {
  const text: string;
  export default text;
}
declare module "*.client.js" {
  const text: string;
  export default text;
}
declare module "*uPlot.iife.min.js" {
  const text: string;
  export default text;
}
