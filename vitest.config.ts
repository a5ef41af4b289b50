/**
 * Three kinds of tests. `node`: pure code and real programs (FFmpeg). `workers`: inside workerd, with real Durable
 * Objects, R2, D1 and Workflows. `e2e`: the whole stack and a real Chromium.
 */
import { cloudflareTest, readD1Migrations } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    reporters: process.env['SLUICE_TEST_SUMMARY'] === undefined ? ['default'] : ['default', './tests/support/summary-reporter.ts'],
    projects: [
      {
        test: {
          name: 'node',
          environment: 'node',
          include: [
            '{media,protocol,transcode-runner,player,cli,lab,scripts,site}/**/*.test.ts',
            '{workers,durable-objects}/**/*.node.test.ts',
            'tests/{repo,contract,fuzz}/**/*.test.ts',
          ],
          testTimeout: 60_000,
        },
      },
      {
        plugins: [
          cloudflareTest(async () => ({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              bindings: {
                SLUICE_ADMIN_TOKEN: 'admin-token-of-the-tests',
                SLUICE_RUNNER_TOKEN: 'runner-token-of-the-tests',
                TEST_MIGRATIONS: await readD1Migrations('./migrations'),
              },
            },
          })),
        ],
        test: {
          name: 'workers',
          include: ['{workers,durable-objects}/**/*.test.ts', 'tests/workers/**/*.test.ts'],
          exclude: ['**/*.node.test.ts'],
          setupFiles: ['tests/workers/apply-migrations.ts'],
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'e2e',
          environment: 'node',
          include: ['tests/e2e/**/*.test.ts', 'tests/browser/**/*.test.ts'],
          testTimeout: 240_000,
          hookTimeout: 240_000,
          fileParallelism: false,
        },
      },
    ],
  },
})
