import { execa } from 'execa'
import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { clip } from '../../tests/support/clips.ts'
import { memorySource } from '../bytes/source.ts'
import { readCues } from './cues.ts'
import { openMatroska } from './open.ts'

const INPUT = ['-f', 'lavfi', '-i', 'testsrc2=size=160x90:rate=25', '-f', 'lavfi', '-i', 'sine=frequency=440', '-t', '6']

it.each([
  ['behind the clusters', []],
  ['before them', ['-cues_to_front', '1', '-reserve_index_space', '2000']],
])('lists the keyframes that ffprobe lists, in their clusters: Cues %s', async (_, more) => {
  const file = await clip('webm', [...INPUT, ...'-c:v libvpx -g 30 -deadline realtime -cpu-used 8 -c:a libopus'.split(' '), ...more])
  const bytes = new Uint8Array(await readFile(file))
  const media = await openMatroska(memorySource(bytes))
  const video = media.tracks.find(({ kind }) => kind === 'video')
  const cues = (await media.cues()).filter(({ trackId }) => trackId === video?.id)
  const args = ['-v', 'error', '-select_streams', 'v:0', '-show_entries', 'packet=pts_time,flags', '-of', 'csv=p=0']
  const { stdout } = await execa('ffprobe', [...args, file])
  const keyframes = stdout.split('\n').flatMap((line) => (line.includes(',K') ? [Number(line.split(',')[0])] : []))
  expect(cues.map(({ timeTicks }) => timeTicks / 1000)).toEqual(keyframes)
  expect(keyframes.length).toBeGreaterThan(4)
  // ID of a Cluster
  for (const { clusterOffset } of cues) expect([...bytes.subarray(clusterOffset, clusterOffset + 4)]).toEqual([0x1f, 0x43, 0xb6, 0x75])
  expect(cues[0]?.clusterOffset).toBe(media.firstCluster)
})

it('is empty where there are none, and reads what there is of a damaged one', async () => {
  const file = await clip('webm', [...INPUT, ...'-c:v libvpx -g 30 -deadline realtime -cpu-used 8 -an -live 1'.split(' ')])
  const media = await openMatroska(memorySource(new Uint8Array(await readFile(file))))
  expect(await media.cues()).toEqual([])
  // CuePoint { CueTime 5, CueTrackPositions { CueTrack 1, CueClusterPosition 7 } }, and half of another.
  const point = [0xbb, 0x8b, 0xb3, 0x81, 5, 0xb7, 0x86, 0xf7, 0x81, 1, 0xf1, 0x81, 7]
  expect(readCues(Uint8Array.from([...point, ...point.slice(0, 6)]), 100)).toEqual([{ trackId: 1, timeTicks: 5, clusterOffset: 107 }])
})
