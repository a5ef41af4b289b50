/**
 * Lets a process have what CPU is left when others need it: on a machine that also serves and plays, a viewer's first
 * picture must not wait for an encoder. Alone on its machine the process is as fast as ever.
 */
import { writeFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'

const { PRIORITY_BELOW_NORMAL } = constants.priority

/** Best effort: a process that has ended, or a system that refuses, is left as it is. */
export async function giveWay(pid: number): Promise<void> {
  try {
    setPriority(pid, PRIORITY_BELOW_NORMAL)
  } catch {
    return
  }
  // Linux schedules sessions against each other and looks at niceness only within one (sched(7), "The autogroup feature").
  await writeFile(`/proc/${pid}/autogroup`, String(PRIORITY_BELOW_NORMAL)).catch(() => {})
}
