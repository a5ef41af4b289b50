/** The client against a WebSocket server that loses connections: nothing is lost, nothing that is not ours is kept. */
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { PoolClient } from './pool-client.ts'

/** A server for a few text frames (RFC 6455), enough to play the pool. */
class FakePool {
  readonly server: Server = createServer()
  readonly messages: { connection: number; message: Record<string, unknown> }[] = []
  readonly tokens: (string | undefined)[] = []
  socket: Socket | null = null
  connections = 0

  async listen(): Promise<string> {
    this.server.on('upgrade', (request, socket) => {
      const accept = createHash('sha1')
        .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
        .digest('base64')
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      )
      this.tokens.push(request.headers.authorization)
      this.socket = socket as Socket
      const connection = this.connections++
      let rest = Buffer.alloc(0)
      socket.on('error', () => undefined)
      socket.on('data', (data: Buffer) => {
        rest = Buffer.concat([rest, data])
        for (;;) {
          const short = (rest[1] ?? 0) & 127
          const head = short === 126 ? 4 : 2
          const length = short === 126 && rest.length >= 4 ? rest.readUInt16BE(2) : short
          if (rest.length < head + 4 + length) return
          const mask = rest.subarray(head, head + 4)
          const text = rest.subarray(head + 4, head + 4 + length).map((byte, i) => byte ^ (mask[i % 4] ?? 0))
          if (((rest[0] ?? 0) & 15) === 1)
            this.messages.push({ connection, message: JSON.parse(Buffer.from(text).toString()) as Record<string, unknown> })
          rest = rest.subarray(head + 4 + length)
        }
      })
    })
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return `ws://127.0.0.1:${(this.server.address() as AddressInfo).port}/api/runners`
  }

  say(message: object): void {
    const text = Buffer.from(JSON.stringify(message))
    if (text.length > 125) throw new Error('too long for this little server')
    this.socket?.write(Buffer.concat([Buffer.from([0x81, text.length]), text]))
  }

  /** Waits until the messages of a connection are these types. */
  async until(connection: number, ...types: string[]): Promise<Record<string, unknown>[]> {
    for (;;) {
      const mine = this.messages.filter((item) => item.connection === connection).map(({ message }) => message)
      if (mine.length >= types.length) {
        const found = mine.map(({ type }) => type).join(' ')
        if (found !== types.join(' ')) throw new Error(`expected ${types.join(' ')}, got ${found}`)
        return mine
      }
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
  }
}

const failure = { reason: 'work', message: 'x', log: '' } as const
let pool: FakePool
let client: PoolClient
let working: string[]
let cancelled: string[]
beforeEach(async () => {
  pool = new FakePool()
  working = ['working000', 'stolen0000']
  cancelled = []
  client = new PoolClient({
    url: await pool.listen(),
    token: 'secret-token',
    hello: { runnerId: 'runner000000', name: 'test', cores: 2, encoders: ['libx264'], ffmpeg: '5.1', slots: { heavy: 1, light: 2 } },
    working: () => working,
    onLease: () => undefined,
    onCancel: (lease) => void cancelled.push(lease),
    firstPauseMs: 5,
  })
})
afterEach(() => {
  client.close()
  pool.server.close()
})

it('says hello with its token and leases, and stops what is not its own any more', async () => {
  const [hello] = await pool.until(0, 'hello')
  expect(pool.tokens).toEqual(['Bearer secret-token'])
  expect(hello).toMatchObject({ runnerId: 'runner000000', leases: ['working000', 'stolen0000'] })
  pool.say({ type: 'welcome', leases: ['working000'] })
  client.failed('working000', failure)
  await pool.until(0, 'hello', 'failed')
  while (cancelled.length === 0) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(cancelled).toEqual(['stolen0000'])
})

it('sends again, in order, what was not acknowledged, and drops what the pool has given away', async () => {
  await pool.until(0, 'hello')
  client.failed('working000', failure)
  client.failed('stolen0000', failure)
  client.done('working000', { kind: 'loudness', loudness: null })
  pool.say({ type: 'welcome', leases: ['working000', 'stolen0000'] })
  const [, first] = await pool.until(0, 'hello', 'failed', 'failed', 'done')
  pool.say({ type: 'ack', seq: first?.['seq'] })
  pool.say({ type: 'nonsense' })
  await new Promise((resolve) => setTimeout(resolve, 50))
  pool.socket?.destroy()
  working = []
  const [hello] = await pool.until(1, 'hello')
  expect(hello?.['leases']).toEqual(['stolen0000', 'working000'])
  pool.say({ type: 'welcome', leases: ['working000'] })
  const [, again] = await pool.until(1, 'hello', 'done')
  expect(client.idle).toBe(false)
  pool.say({ type: 'ack', seq: again?.['seq'] })
  while (!client.idle) await new Promise((resolve) => setTimeout(resolve, 5))
})
