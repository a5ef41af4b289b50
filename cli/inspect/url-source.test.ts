/** A URL as bytes: against a real HTTP server that answers ranges, answers none, changes its file, is slow, breaks off. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { chooseRanges, contentRange } from '../../media/http/range.ts'
import { Failure } from '../failure.ts'
import { openUrl } from './url-source.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

type Handler = (request: IncomingMessage, response: ServerResponse) => void

async function serve(handler: Handler): Promise<URL> {
  const server = createServer(handler)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/film.mp4`)
}

/** Bytes that tell where they are from: the low byte of their place times 7. */
function bytesAt(offset: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, at) => ((offset + at) * 7) & 255)
}

interface Asked {
  range: string | undefined
  ifRange: string | undefined
}

/** A server with ranges for `size` bytes; `change` may put other headers on a reply. */
function ranged(size: number, asked: Asked[], headers: (count: number) => Record<string, string> = () => ({ etag: '"one"' })): Handler {
  return (request, response) => {
    asked.push({ range: request.headers.range, ifRange: request.headers['if-range'] as string | undefined })
    const extra = headers(asked.length)
    const choice = chooseRanges(request.headers.range ?? null, size)
    if (choice.kind === 'unsatisfiable') return void response.writeHead(416, { 'content-range': `bytes */${size}` }).end()
    const [range = { first: 0, last: size - 1 }] = choice.kind === 'ranges' ? choice.ranges : []
    const stale = request.headers['if-range'] !== undefined && request.headers['if-range'] !== extra['etag']
    if (stale) return void response.writeHead(200, { ...extra, 'content-length': size }).end(bytesAt(0, Math.min(size, 10)))
    const length = range.last - range.first + 1
    response.writeHead(206, { ...extra, 'content-range': contentRange(range, size), 'content-length': length })
    response.end(bytesAt(range.first, length))
  }
}

async function failure(work: Promise<unknown>): Promise<Failure> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(Failure)
  return error as Failure
}

describe('a server with ranges', () => {
  it('is asked for little, and for nothing twice', async () => {
    const asked: Asked[] = []
    const source = await openUrl(await serve(ranged(1_000_000, asked)))
    expect(source.size).toBe(1_000_000)
    expect(await source.read(8, 100)).toEqual(bytesAt(8, 100))
    expect(await source.read(0, 65_536)).toEqual(bytesAt(0, 65_536))
    expect(asked).toEqual([{ range: 'bytes=0-65535', ifRange: undefined }])
    // A few bytes bring the next ones along; two at the same time are one request.
    const [a, b] = await Promise.all([source.read(500_000, 16), source.read(500_100, 16)])
    expect([a, b]).toEqual([bytesAt(500_000, 16), bytesAt(500_100, 16)])
    // A large read is exactly what is missing of it.
    expect(await source.read(499_000, 100_000)).toEqual(bytesAt(499_000, 100_000))
    expect(asked.slice(1)).toEqual([
      { range: 'bytes=500000-565535', ifRange: '"one"' },
      { range: 'bytes=499000-598999', ifRange: '"one"' },
    ])
    expect(source.traffic).toEqual({ requests: 3, bytes: 65_536 + 65_536 + 100_000 })
    expect(await source.read(999_990, 100)).toEqual(bytesAt(999_990, 10))
    expect(await source.read(1_000_000, 100)).toEqual(new Uint8Array(0))
    await source.close()
  })

  it('gives what is about to be read in pieces in one request, the missing rest only', async () => {
    const asked: Asked[] = []
    const source = await openUrl(await serve(ranged(1_000_000, asked)))
    await source.read(700_000, 8)
    await source.prefetch(700_000, 300_000)
    for (let at = 700_000; at < 1_000_000; at += 1000) expect(await source.read(at, 1000)).toEqual(bytesAt(at, 1000))
    expect(asked.map(({ range }) => range)).toEqual(['bytes=0-65535', 'bytes=700000-765535', 'bytes=765536-999999'])
    await source.close()
  })

  it('may answer with less than was asked for', async () => {
    const source = await openUrl(
      await serve((request, response) => {
        const [, first = '0', last = '0'] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? '') ?? []
        const end = Math.min(Number(last), Number(first) + 999)
        response.writeHead(206, { 'content-range': `bytes ${first}-${end}/50000` }).end(bytesAt(Number(first), end - Number(first) + 1))
      }),
    )
    expect(await source.read(20_000, 2500)).toEqual(bytesAt(20_000, 2500))
    await source.close()
  })

  it('whose file changes midway is an error, whether it says so by 200, by its ETag or by its size', async () => {
    const says: Handler[] = [
      ranged(1_000_000, [], (count) => ({ etag: count === 1 ? '"one"' : '"two"' })),
      ranged(1_000_000, [], (count) => ({ etag: count === 1 ? 'W/"one"' : 'W/"two"' })),
      ((): Handler => {
        let size = 1_000_000
        return (request, response) => ranged((size += 1), [], () => ({}))(request, response)
      })(),
    ]
    for (const handler of says) {
      const source = await openUrl(await serve(handler))
      expect((await failure(source.read(500_000, 10))).message).toContain('changed while it was read')
      await source.close()
    }
  })

  it('that has an empty file', async () => {
    const source = await openUrl(await serve(ranged(0, [])))
    expect([source.size, await source.read(0, 10)]).toEqual([0, new Uint8Array(0)])
  })

  it('is asked again when a connection breaks or it is busy, and not for ever', async () => {
    let count = 0
    const good = ranged(1_000_000, [])
    const source = await openUrl(
      await serve((request, response) => {
        count += 1
        if (count === 1) return void response.writeHead(503).end()
        if (count === 3) {
          response.writeHead(206, { etag: '"one"', 'content-range': 'bytes 500000-565535/1000000', 'content-length': '65536' })
          response.write(bytesAt(500_000, 1000), () => response.destroy())
          return
        }
        if (count > 4) return void request.socket.destroy()
        good(request, response)
      }),
    )
    expect(await source.read(500_000, 10)).toEqual(bytesAt(500_000, 10))
    expect(count).toBe(4)
    expect((await failure(source.read(900_000, 10))).message).toContain('the connection broke')
    expect(count).toBe(7)
  })

  it('and a redirect: later requests go where the first one ended', async () => {
    const asked: Asked[] = []
    const final = await serve(ranged(1_000_000, asked))
    let redirects = 0
    const first = await serve((_request, response) => {
      redirects += 1
      response.writeHead(302, { location: final.href }).end()
    })
    const source = await openUrl(first)
    expect(await source.read(500_000, 10)).toEqual(bytesAt(500_000, 10))
    expect([redirects, asked.length]).toEqual([1, 2])
  })
})

describe('a server without ranges', () => {
  const whole =
    (size: number, headers: Record<string, string | number>): Handler =>
    (_request, response) => {
      response.writeHead(200, headers)
      for (let at = 0; at < size; at += 50_000) response.write(bytesAt(at, Math.min(50_000, size - at)))
      response.end()
    }

  it('is listened to as far as needed', async () => {
    const source = await openUrl(await serve(whole(500_000, { 'content-length': 500_000 })))
    expect(source.size).toBe(500_000)
    expect(await source.read(300_000, 1000)).toEqual(bytesAt(300_000, 1000))
    expect(await source.read(8, 1000)).toEqual(bytesAt(8, 1000))
    expect(await source.read(499_000, 5000)).toEqual(bytesAt(499_000, 1000))
    expect(source.traffic?.requests).toBe(1)
    await source.close()
  })

  it('that does not say the length is listened to the end', async () => {
    const source = await openUrl(await serve(whole(200_000, {})))
    expect([source.size, await source.read(150_000, 10)]).toEqual([200_000, bytesAt(150_000, 10)])
    await source.close()
  })

  it('is not listened to beyond the bound, and says so', async () => {
    const known = await openUrl(await serve(whole(500_000, { 'content-length': 500_000 })), { maxStreamedBytes: 200_000 })
    expect(await known.read(100_000, 10)).toEqual(bytesAt(100_000, 10))
    const far = await failure(known.read(400_000, 10))
    expect([far.message, far.hint]).toEqual([expect.stringContaining('answers no ranges'), expect.stringContaining('Download it')])
    await known.close()
    const unknown = await failure(openUrl(await serve(whole(500_000, {})), { maxStreamedBytes: 200_000 }))
    expect(unknown.message).toContain('200,000')
  })

  it('that ends too early', async () => {
    const source = await openUrl(
      await serve((_request, response) => {
        response.writeHead(200, { 'content-length': 500_000 })
        response.write(bytesAt(0, 100_000), () => response.destroy())
      }),
    )
    expect((await failure(source.read(200_000, 10))).message).toContain('the connection broke')
  })
})

describe('what goes wrong is said, with what to do, and without what is secret', () => {
  const answers = (status: number): Handler => {
    return (_request, response) => void response.writeHead(status).end('no')
  }

  it.each([
    [401, 'may not be read (401)', 'user and password'],
    [403, 'may not be read (403)', 'user and password'],
    [404, 'There is nothing at', 'Check the address'],
    [416, 'refuses to send a part', 'Download it'],
    [500, 'the server failed (500)', 'later'],
    [204, 'answers 204', 'Check the address'],
  ])('%i', async (status, message, hint) => {
    const url = await serve(answers(status))
    url.username = 'anna'
    url.password = 'secret'
    url.search = '?token=hidden'
    const error = await failure(openUrl(url))
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
    expect(`${error.message}${error.hint}`).not.toMatch(/anna|secret|hidden/)
  })

  it('a server that says nothing, before its reply or in the middle of it', async () => {
    expect((await failure(openUrl(await serve(() => {}), { timeoutMs: 100 }))).message).toContain('said nothing for 0.1 s')
    const half = await serve((_request, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-65535/100000', 'content-length': '65536' })
      response.write(bytesAt(0, 100))
    })
    expect((await failure(openUrl(half, { timeoutMs: 100 }))).message).toContain('said nothing for 0.1 s')
  })

  it('nobody listens', async () => {
    const url = await serve(answers(200))
    const [server] = servers.splice(0)
    await new Promise((resolve) => server?.close(resolve))
    expect((await failure(openUrl(url))).message).toContain('nothing listens there')
  })

  it('a reply with other bytes than those asked for, or without their size', async () => {
    const other = await openUrl(
      await serve((_request, response) => {
        response.writeHead(206, { 'content-range': 'bytes 0-65535/1000000' }).end(bytesAt(0, 65_536))
      }),
    )
    expect((await failure(other.read(500_000, 10))).message).toContain('other bytes')
    const sizeless = await serve((_request, response) => {
      response.writeHead(206, { 'content-range': 'bytes 0-65535/*' }).end(bytesAt(0, 65_536))
    })
    expect((await failure(openUrl(sizeless))).message).toContain('how large the file is')
  })

  it('user and password are sent as Basic authentication, to the host they were given for only', async () => {
    const seen: (string | undefined)[] = []
    const final = await serve((request, response) => {
      seen.push(request.headers.authorization)
      ranged(1_000_000, [])(request, response)
    })
    const first = await serve((request, response) => {
      seen.push(request.headers.authorization)
      response.writeHead(302, { location: final.href }).end()
    })
    first.username = 'anna'
    first.password = 'p%40ss'
    const source = await openUrl(first)
    await source.read(500_000, 10)
    expect(seen).toEqual([`Basic ${Buffer.from('anna:p@ss').toString('base64')}`, undefined, undefined])
    expect(source.label).not.toMatch(/anna|p@ss|%40/)
  })
})
