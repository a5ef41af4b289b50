import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { PAGE_HEADERS } from './headers.ts'

it('says the same for pages that pass the Worker and for files that do not', () => {
  const file = readFileSync(new URL('../../site/public/_headers', import.meta.url), 'utf8')
  const everywhere = file.slice(file.indexOf('\n/*\n') + 4, file.indexOf('\n#', file.indexOf('\n/*\n') + 1))
  const lines = everywhere.split('\n').map((line) => line.trim())
  expect(lines).toEqual(Object.entries(PAGE_HEADERS).map(([name, value]) => `${name}: ${value}`))
})
