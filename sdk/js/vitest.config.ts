import { defineConfig } from "vitest/config";

// Deadlines only bound how long something broken holds the tests up. What a test waits for has a
// shorter one of its own (test/relay.ts), which says what it was.
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    globalSetup: ["test/build_once.ts"],
    setupFiles: ["test/setup.ts"],
    testTimeout: 180_000,
    hookTimeout: 180_000,
    maxWorkers: 2,
    minWorkers: 1,
  },
});
