/** `sluice check` as a process: on files, and on a live playlist of a server. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'sluice-check-'))
  await mkdir(path.join(folder, 'low'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

function sluice(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['cli/main.ts', 'check', ...args], (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

const MEDIA = '#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-MAP:URI="{$i}.mp4"\n#EXTINF:4,\na.m4s\n#EXT-X-ENDLIST\n'

it('follows a multivariant playlist, and finds nothing in a good one', async () => {
  await writeFile(path.join(folder, 'low', 'index.m3u8'), MEDIA.replace('{$i}', 'i'))
  const good = path.join(folder, 'good.m3u8')
  await writeFile(good, '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1,CODECS="avc1.64001f"\nlow/index.m3u8?a=1\n')
  const { code, out } = await sluice(good)
  expect(out).toContain('low/index.m3u8\n  media playlist, 1 segment, 4.000 s, complete\n  ✓ nothing that RFC 8216bis forbids')
  expect(out).toContain('No requirement is broken.')
  expect(code).toBe(0)
})

it('says what is broken, where, and by which clause', async () => {
  const bad = path.join(folder, 'bad.m3u8')
  await writeFile(
    bad,
    '#EXTM3U\n#EXT-X-STREAM-INF:CODECS="avc1.64001f",AUDIO="a"\nlow/index.m3u8\n#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=1,URI="missing.m3u8"\n',
  )
  const { code, out } = await sluice(bad, '--json')
  const { broken, playlists } = JSON.parse(out) as {
    broken: number
    playlists: { findings: { line: number | null; clause: string; text: string }[] }[]
  }
  expect(playlists.map(({ findings }) => findings.map(({ line, clause }) => [line, clause]))).toEqual([
    [
      [2, '4.4.6.2'],
      [2, '4.4.6.2'],
      [4, '4.4.6.2'],
    ],
    [],
    [[null, '4.1']],
  ])
  expect([code, broken]).toEqual([1, 3])
  const text = await sluice(bad)
  expect(text.out).toContain('✗ There is no EXT-X-MEDIA of the AUDIO group "a". (4.4.6.2) line 2')
  expect(text.out).toContain('3 requirements broken.')
})

it('compares the loads of a live playlist', async () => {
  let loads = 0
  const server = createServer((_, response) => {
    loads += 1
    const first = loads > 1 ? 0 : 1
    response.end(`#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:${first}\n${'#EXTINF:1,\na.ts\n'.repeat(5)}`)
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const { code, out } = await sluice(`http://127.0.0.1:${(server.address() as AddressInfo).port}/live.m3u8`, '--watch', '2.5')
  await new Promise((resolve) => void server.close(resolve))
  expect(out).toContain('EXT-X-MEDIA-SEQUENCE went back from 1 to 0. (6.2.2)')
  expect(code).toBe(1)
})

it('refuses what is no playlist, and what it does not know', async () => {
  const page = path.join(folder, 'page.m3u8')
  await writeFile(page, '<!DOCTYPE html>')
  expect(await sluice(page)).toMatchObject({ code: 1, err: expect.stringContaining('a page of HTML') })
  expect((await sluice(page, '--watch', 'x')).code).toBe(2)
  expect(await sluice('--help')).toMatchObject({ code: 0, out: expect.stringContaining('sluice check https://') })
})
