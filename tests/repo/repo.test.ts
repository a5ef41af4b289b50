/** The repo lints itself: links in the docs lead somewhere, tables are true, configuration is explained, nothing is private to a machine. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'smol-toml'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../protocol/errors.ts'
import { filesMatching, read, ROOT } from './files.ts'

describe('docs', () => {
  it('link to files and headings that exist', () => {
    const broken: string[] = []
    for (const file of filesMatching(/\.md$/)) {
      const text = read(file).replace(/```[\s\S]*?```/g, '')
      for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^[a-z]+:/.test(target)) continue
        const [link = '', fragment] = target.split('#', 2)
        const to = link === '' ? file : path.posix.join(path.posix.dirname(file), link)
        if (!existsSync(path.join(ROOT, to))) broken.push(`${file} → ${target}`)
        else if (fragment !== undefined && !headings(read(to)).includes(fragment)) broken.push(`${file} → ${target}`)
      }
    }
    expect(broken).toEqual([])
  })

  it('are named in comments by paths that exist', () => {
    const broken: string[] = []
    for (const file of filesMatching(/\.(ts|mjs|toml|sql|html)$/)) {
      for (const [named] of read(file).matchAll(/\bdocs\/[\w./-]+\.md\b/g))
        if (!existsSync(path.join(ROOT, named))) broken.push(`${file} → ${named}`)
    }
    expect(broken).toEqual([])
  })

  it('list every error of the catalogue as it is', () => {
    const rows = [...read('docs/3-reference/errors.md').matchAll(/^\| *`([^`]+)` *\| *(\d+) *\| *(.+?) *\|$/gm)]
    const listed = Object.fromEntries(rows.map(([, code = '', status, text]) => [code, { status: Number(status), text }]))
    expect(listed).toEqual(ERRORS)
  })
})

describe('wrangler.toml', () => {
  const lines = read('wrangler.toml').split('\n')

  it('explains every table and every setting outside of tables', () => {
    const unexplained: string[] = []
    let inTable = false
    for (const [i, line] of lines.entries()) {
      const table = /^\[\[?([^\]]+)\]\]?/.exec(line)?.[1]
      const isSetting = !inTable && /^\w+ =/.test(line)
      if (table !== undefined) inTable = true
      if (table === undefined && !isSetting) continue
      const explained = line.includes(' #') || (lines[i - 1] ?? '').startsWith('#')
      if (!explained && !SELF_EVIDENT.has(table ?? line.split(' =')[0] ?? '')) unexplained.push(line)
    }
    expect(unexplained).toEqual([])
  })

  it('has the bindings that the generated types have', () => {
    const config = parse(lines.join('\n')) as {
      r2_buckets: { binding: string }[]
      d1_databases: { binding: string }[]
      workflows: { binding: string }[]
    }
    const types = read('worker-configuration.d.ts')
    const names = [...config.r2_buckets, ...config.d1_databases, ...config.workflows].map(({ binding }) => binding)
    expect(names.length).toBeGreaterThanOrEqual(3)
    for (const name of names) expect(types).toMatch(new RegExp(`^\\t+${name}: `, 'm'))
  })
})
/** Named by the comment at the top of the file, or by the tables they belong to. */
const SELF_EVIDENT = new Set(['name', 'main', 'migrations', 'vars', 'observability', 'compatibility_flags'])

describe('sources', () => {
  const sources = filesMatching(/\.(ts|mjs)$/).filter((file) => file !== 'worker-configuration.d.ts')

  it('open by saying what they are', () => {
    const silent = sources.filter((file) => !file.endsWith('.test.ts') && !/^(#!.*\n)?(\/\/|\/\*\*|\/\*)/.test(read(file)))
    expect(silent).toEqual([])
  })

  it('hold no paths of one machine, no addresses of a private registry and no unfinished business', () => {
    const forbidden = [
      /["'`\s(]\/(?:root|home\/[a-z]|Users\/[a-z]|work)\//,
      /resolved": "http/,
      /\b(?:TO[D]O|FIX[M]E|X[X]X)\b/,
      /\b(?:it|test|describe)\.(?:skip|only|todo)\b/,
      /@ts-(?:ignore|nocheck)/,
    ]
    const found: string[] = []
    for (const file of filesMatching(/\.(ts|mjs|json|toml|md|html|css|sql|sh)$|^\.ci\/|^\.npmrc$/)) {
      if (file === 'worker-configuration.d.ts' || file === 'tests/repo/repo.test.ts') continue
      for (const pattern of forbidden) {
        const match = pattern.exec(read(file))
        if (match !== null) found.push(`${file}: ${match[0].trim()}`)
      }
    }
    expect(found).toEqual([])
  })
})

/** Anchors of a page, as GitHub makes them. */
function headings(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, text = '']) =>
    text
      .toLowerCase()
      .replace(/[^\w\s-]/g, '')
      .trim()
      .replace(/\s+/g, '-'),
  )
}
