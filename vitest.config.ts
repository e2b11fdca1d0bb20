import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
// @ts-expect-error: plain JavaScript, as the sandbox is
import { providerBindings } from "./test/providers/ports.mjs";
// @ts-expect-error: plain JavaScript, as the sandbox is
import { worldBindings } from "./test/x402/ports.mjs";

/** The Worker in workerd, with the bindings of wrangler.toml and these. */
const worker = (bindings: () => Promise<Record<string, string>>) =>
  cloudflareTest(async () => ({
    wrangler: { configPath: "./wrangler.toml" },
    miniflare: {
      bindings: {
        TEST_MIGRATIONS: await readD1Migrations("migrations"),
        KEY_SIGNING_SECRETS: "t1:0123456789abcdef0123456789abcdef",
        SEALING_SECRETS: "s1:fedcba9876543210fedcba9876543210",
        AUTH_SECRET: "sessions-of-the-test-suite-0123456789",
        OPERATOR_TOKEN: "operator-token-of-the-test-suite-0001",
        SIGN_UP: "open",
        ALLOWED_HOSTS: "localhost,127.0.0.1,quetra.test",
        TEST_THROTTLE_FACTOR: "1000",
        ...(await bindings()),
      },
    },
  }));

/**
 * From its cache Vitest hands a worker every module that it knows in one message, and workerd takes none of more than
 * 32 MiB. Source maps of dependencies are half of that, and nobody steps through those.
 */
const withoutForeignMaps = {
  name: "without-foreign-maps",
  enforce: "post" as const,
  transform: (code: string, id: string) =>
    id.includes("/node_modules/") ? { code, map: { mappings: "" as const } } : null,
};

/**
 * `*.test.ts` runs in Node (the pure core); `*.workers.test.ts` runs inside workerd, against the real bindings; those of
 * `test/x402` have a chain and sellers beside them, those of `test/providers` a Stripe stand-in and a merchant.
 */
export default defineConfig({
  test: {
    // What the service logs belongs to a test only when that test fails.
    silent: "passed-only",
    projects: [
      {
        test: {
          name: "unit",
          // Many files at once make a machine slow.
          testTimeout: 30_000,
          hookTimeout: 90_000,
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.workers.test.ts", "**/node_modules/**"],
          setupFiles: ["./test/support/seed.ts"],
        },
      },
      {
        // No chain: a test that wants one brings its own.
        plugins: [withoutForeignMaps, worker(async () => ({ X402_RPC_BASE: "", X402_RPC_BASE_SEPOLIA: "" }))],
        test: {
          name: "workers",
          // The same, and passwords are hashed to be slow.
          testTimeout: 30_000,
          hookTimeout: 90_000,
          include: ["test/**/*.workers.test.ts"],
          exclude: ["test/x402/**", "test/providers/**", "**/node_modules/**"],
          setupFiles: ["./test/support/setup.ts"],
        },
      },
      {
        plugins: [withoutForeignMaps, worker(worldBindings)],
        test: {
          name: "x402",
          testTimeout: 30_000,
          hookTimeout: 90_000,
          include: ["test/x402/**/*.workers.test.ts"],
          setupFiles: ["./test/support/setup.ts"],
          globalSetup: ["./test/x402/world.mjs"],
          // One chain for all: a file that turns its clock, or makes an endpoint lie, must be alone with it.
          fileParallelism: false,
        },
      },
      {
        plugins: [withoutForeignMaps, worker(providerBindings)],
        test: {
          name: "providers",
          include: ["test/providers/**/*.workers.test.ts"],
          // Days of timers in a row take their time on a busy machine.
          testTimeout: 30_000,
          hookTimeout: 90_000,
          setupFiles: ["./test/support/setup.ts"],
          globalSetup: ["./test/providers/world.mjs"],
          // One stand-in for all: a file that turns its clock, or makes it fail, must be alone with it.
          fileParallelism: false,
        },
      },
    ],
  },
});
