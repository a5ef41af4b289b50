/** Cues (RFC 9559 5.1.5): the moments one can seek to, and the Clusters they are in. What makes a WebM file playable from the middle. */
import { Master } from './master.ts'
import { elementsOf } from './ebml.ts'

/** One moment of one track. */
export interface CuePoint {
  /** TrackNumber. */
  trackId: number
  /** Ticks of TimestampScale. */
  timeTicks: number
  /** Of the Cluster's header, bytes from the start of the file. */
  clusterOffset: number
}

/** More than a film of a day has keyframes. */
const MAX_POINTS = 200_000

/** Reads the body of Cues, in the order of the file; `segmentBody`: where the Segment's body begins. What makes no sense is left out. */
export function readCues(body: Uint8Array, segmentBody: number): CuePoint[] {
  const points: CuePoint[] = []
  for (const { id, body: start, end } of elementsOf(body)) {
    if (id !== CUE.point) continue
    const point = new Master(body.subarray(start, end))
    const timeTicks = point.uint(CUE.time, null)
    for (const positions of point.masters(CUE.trackPositions)) {
      const [trackId, position] = [positions.uint(CUE.track, null), positions.uint(CUE.clusterPosition, null)]
      if (timeTicks === null || trackId === null || position === null || points.length === MAX_POINTS) continue
      points.push({ trackId, timeTicks, clusterOffset: segmentBody + position })
    }
  }
  return points
}

const CUE = { point: 0xbb, time: 0xb3, trackPositions: 0xb7, track: 0xf7, clusterPosition: 0xf1 } as const
