/** The sentence below an upload's name. Pure. */
import { formatBytes, formatPercent, formatSpeed, formatTimeLeft } from '../format.ts'
import type { Item } from './queue.ts'
import { secondsLeft, speedOf } from './speed.ts'

export function itemLine(item: Item): string {
  const arrived = `${formatBytes(item.sentBytes)} of ${formatBytes(item.sizeBytes)}`
  switch (item.phase) {
    case 'waiting':
      return item.sentBytes > 0 ? `Waiting · ${arrived} sent` : 'Waiting for its turn'
    case 'uploading':
      return [formatPercent(uploadFraction(item)), arrived, ...pace(item)].join(' · ')
    case 'reconnecting':
      return `Interrupted at ${formatPercent(uploadFraction(item))}. It goes on by itself when the server answers again.`
    case 'paused':
      return `Paused · ${arrived} sent`
    case 'interrupted':
      return `${item.sentBytes > 0 ? `Stopped after ${arrived}` : 'Not finished'}. Choose the same file again to go on.`
    case 'processing':
      if (item.video === null || item.video.state === 'uploading') return 'Uploaded. Processing begins.'
      return item.video.playback === null ? 'Processing' : 'Processing. What is done can be watched already.'
    case 'ready':
      return 'Ready to watch'
    case 'failed':
      return item.error ?? 'The upload failed.'
  }
}

/** 0 to 1. */
export function uploadFraction({ sentBytes, sizeBytes }: Item): number {
  return sizeBytes === 0 ? 0 : sentBytes / sizeBytes
}

function pace({ samples, sentBytes, sizeBytes }: Item): string[] {
  const speed = speedOf(samples)
  const seconds = secondsLeft(samples, sizeBytes - sentBytes)
  return [...(speed === null ? [] : [formatSpeed(speed)]), ...(seconds === null ? [] : [formatTimeLeft(seconds)])]
}
