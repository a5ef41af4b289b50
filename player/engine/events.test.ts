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
