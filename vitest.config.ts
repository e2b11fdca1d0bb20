import { cloudflareTest, readD1Migrations } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** `*.test.ts` runs in Node (the pure core); `*.workers.test.ts` runs inside workerd, against the real bindings. */
export default defineConfig({
  test: {
    // What the service logs belongs to a test only when that test fails.
    silent: "passed-only",
    projects: [
      {
        test: {
          name: "unit",
          include: ["test/**/*.test.ts"],
          exclude: ["test/**/*.workers.test.ts", "**/node_modules/**"],
          setupFiles: ["./test/support/seed.ts"],
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: {
              bindings: {
                TEST_MIGRATIONS: await readD1Migrations("migrations"),
                KEY_SIGNING_SECRETS: "t1:0123456789abcdef0123456789abcdef",
                SEALING_SECRETS: "s1:fedcba9876543210fedcba9876543210",
                // No chain: a test that wants one brings its own.
                X402_RPC_BASE: "",
                X402_RPC_BASE_SEPOLIA: "",
                OPERATOR_TOKEN: "operator-token-of-the-test-suite-0001",
                ALLOWED_HOSTS: "localhost,127.0.0.1,quetra.test",
                TEST_THROTTLE_FACTOR: "1000",
              },
            },
          })),
        ],
        test: {
          name: "workers",
          include: ["test/**/*.workers.test.ts"],
          setupFiles: ["./test/support/setup.ts"],
        },
      },
    ],
  },
});
