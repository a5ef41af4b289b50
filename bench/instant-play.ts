/**
 * How soon does an upload play? From the answer to the last PATCH to the first decoded frame in Chromium, for films of
 * different lengths, on a stack without a runner; how long that answer took after the last byte was sent; and what a segment
 * costs the Worker. The films are made by repeating half a minute, so that hours are there in seconds.
 *
 *   node bench/instant-play.ts [--rounds 3] [--seconds 30,600,10800]
 */
import { open, stat } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { launchChromium } from '../tests/support/chromium.ts'
import { testStack } from '../tests/support/stack.ts'
import { film } from './film.ts'
import { median } from './median.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '30,600,10800' } },
})
const rounds = Number(values.rounds)
/** Bytes of a PATCH; the last one has what is left. */
const PATCH_BYTES = 32 * 1024 * 1024

const stack = await testStack({ runners: 0 })
const browser = await launchChromium()
try {
  for (const seconds of values.seconds.split(',').map(Number)) {
    const file = await film(seconds)
    const { size } = await stat(file)
    const results: { answerMs: number; frameMs: number }[] = []
    for (let round = 1; round <= rounds; round += 1) results.push(await once(file, size))
    const [answers, frames] = [results.map(({ answerMs }) => answerMs), results.map(({ frameMs }) => frameMs)]
    console.log(
      `${seconds} s, ${(size / 1e6).toFixed(0)} MB: last PATCH answered after ${median(answers).toFixed(0)} ms, ` +
        `first frame ${median(frames).toFixed(0)} ms later (${frames.map((ms) => ms.toFixed(0)).join(', ')})`,
    )
  }
} finally {
  await browser.close()
  await stack.stop()
}

async function once(file: string, size: number): Promise<{ answerMs: number; frameMs: number }> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const handle = await open(file)
  try {
    const page = await context.newPage()
    // The page is open already, as it is for somebody who uploads: what is measured is the video.
    await page.goto(`${stack.url}/404`)
    const created = await stack.admin('/api/uploads', {
      method: 'POST',
      headers: { 'Tus-Resumable': '1.0.0', 'Upload-Length': String(size), 'Upload-Metadata': `filename ${btoa('film.mp4')}` },
    })
    const at = new URL(created.headers.get('Location') ?? '', `${stack.url}/api/uploads`).pathname
    let answerMs = 0
    for (let offset = 0; offset < size; offset += PATCH_BYTES) {
      const body = Buffer.alloc(Math.min(PATCH_BYTES, size - offset))
      await handle.read(body, 0, body.length, offset)
      const startedMs = performance.now()
      const headers = { 'Tus-Resumable': '1.0.0', 'Upload-Offset': String(offset), 'Content-Type': 'application/offset+octet-stream' }
      const sent = await stack.admin(at, { method: 'PATCH', headers, body })
      if (sent.status !== 204) throw new Error(`PATCH: ${sent.status} ${await sent.text()}`)
      answerMs = performance.now() - startedMs
    }
    const answeredMs = performance.now()
    const id = at.split('/').at(-1) ?? ''
    await page.goto(`${stack.url}/watch/${id}`)
    await page.evaluate(`(async () => {
      const player = await new Promise((resolve) => {
        const look = () => { const found = document.querySelector('sluice-player'); if (found?.video) resolve(found); else setTimeout(look, 5) }
        look()
      })
      if (player.video.readyState < 2) await new Promise((resolve) => player.video.addEventListener('loadeddata', resolve, { once: true }))
    })()`)
    return { answerMs, frameMs: performance.now() - answeredMs }
  } finally {
    await handle.close()
    await context.close()
  }
}
