import { describe, expect, it } from 'vitest'
import { breachesIn } from './check-imports.ts'

describe('who may import whom', () => {
  const reasons = (file: string, source: string): string[] => breachesIn(file, source).map((breach) => breach.reason)

  it('lets a room import itself and what the map allows', () => {
    expect(
      reasons('workers/videos/routes.ts', `import { a } from './store.ts'\nimport type { B } from '../../protocol/videos.ts'`),
    ).toEqual([])
  })

  it('refuses a room that the map does not allow, however it is spelt', () => {
    const sources = [
      `import { a } from '../transcode-runner/main.ts'`,
      `import {\n  a,\n  b,\n} from '../transcode-runner/main.ts'`,
      `export { a } from '../transcode-runner/main.ts'`,
      `import '../transcode-runner/main.ts'`,
      `const a = await import('../transcode-runner/main.ts')`,
    ]
    for (const source of sources) expect(reasons('workers/app.ts', source)).toEqual(['workers/ may import protocol, media'])
  })

  it('lets only the entry name Durable Object classes', () => {
    const source = `export { RunnerPool } from '../durable-objects/runner-pool/runner-pool.ts'`
    expect(reasons('workers/index.ts', source)).toEqual([])
    expect(reasons('workers/app.ts', source)).toHaveLength(1)
  })

  it('keeps packages and Node out of media/, and everybody out of tests/', () => {
    expect(reasons('media/hls/print.ts', `import fs from 'node:fs'`)).toEqual(['media/ runs everywhere and may use no package'])
    expect(reasons('protocol/ids.ts', `import * as v from 'valibot'`)).toEqual([])
    expect(reasons('cli/main.ts', `import { a } from '../tests/support/a.ts'`)).toEqual(['nothing imports tests/'])
  })

  it('lets a test look at anything', () => {
    expect(
      reasons('media/hls/print.test.ts', `import { readFileSync } from 'node:fs'\nimport { a } from '../../transcode-runner/a.ts'`),
    ).toEqual([])
  })
})
