/** Counts tests for .ci/run: writes `<passed> <failed>` to the file that `SLUICE_TEST_SUMMARY` names. A file that could not be loaded counts as a failed test. */
import { writeFileSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    let passed = 0
    let failed = unhandled.length
    for (const module of modules) {
      const tests = [...module.children.allTests()]
      passed += tests.filter((test) => test.result().state === 'passed').length
      const broken = tests.filter((test) => test.result().state === 'failed').length
      failed += broken === 0 && module.state() === 'failed' ? 1 : broken
    }
    writeFileSync(process.env['SLUICE_TEST_SUMMARY'] ?? '/dev/null', `${passed} ${failed}\n`)
  }
}
