/** The worker: says that it is there, then answers each request with what it was converted to. */
import { Converter, type ConvertRequest } from './convert.ts'
import type { WorkerAnswer } from './client.ts'

const converter = new Converter()
const post = (answer: WorkerAnswer, transfer: Transferable[] = []): void => globalThis.postMessage(answer, { transfer })

addEventListener('message', ({ data }: MessageEvent<ConvertRequest>) => {
  try {
    const converted = converter.convert(data)
    post(
      { converted },
      converted.pieces.map(({ bytes }) => bytes.buffer),
    )
  } catch (error) {
    post({ problem: error instanceof Error ? error.message : String(error) })
  }
})
post('ready')
