import { expect, test } from 'vitest'
import { EventLog, type EngineEvent } from './events.ts'

test('times count from the start, the log keeps the newest, listeners can leave', () => {
  let nowMs = 1_000
  const log = new EventLog(3, () => nowMs)
  const heard: EngineEvent[] = []
  const leave = log.subscribe((event) => heard.push(event))
  for (let i = 0; i < 10; i += 1) {
    nowMs += 10
    if (i === 5) leave()
    log.emit({ type: 'duration', durationS: i })
  }
  expect(log.ofType('duration').map((event) => [event.atMs, event.durationS])).toEqual([
    [80, 7],
    [90, 8],
    [100, 9],
  ])
  expect(heard).toHaveLength(5)
})

test('what later events cannot be read without outlives the events around it', () => {
  const log = new EventLog(4, () => 0)
  log.emit({ type: 'load', url: 'https://a.example/first.m3u8' })
  log.emit({ type: 'ladder', rungs: [] })
  log.emit({ type: 'load', url: 'https://a.example/second.m3u8' })
  for (let i = 0; i < 20; i += 1) log.emit({ type: 'duration', durationS: i })
  expect(log.events.slice(0, 2)).toMatchObject([{ type: 'ladder' }, { type: 'load', url: 'https://a.example/second.m3u8' }])
  expect(log.events.at(-1)).toMatchObject({ type: 'duration', durationS: 19 })
  expect(log.dropped + log.events.length).toBe(23)
  expect(log.events.length).toBeLessThanOrEqual(7)
})
