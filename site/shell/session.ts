/** Whether this browser may write, asked once a page and shared by everything on it. */
import { isSignedIn, signIn, signOut } from '../api.ts'

type Listener = (signedIn: boolean) => void
const listeners = new Set<Listener>()
let known: boolean | null = null
let asked: Promise<void> | null = null

/** Tells `listener` now (when known) and on every change. Returns how to stop. */
export function onSession(listener: Listener): () => void {
  listeners.add(listener)
  if (known !== null) listener(known)
  asked ??= ask()
  return () => listeners.delete(listener)
}

/** Throws the ApiError of a token that is not right. */
export async function startSession(token: string): Promise<void> {
  await signIn(token.trim())
  tell(true)
}

export async function endSession(): Promise<void> {
  await signOut()
  tell(false)
}

/** Something was refused with 401: the cookie is gone or no longer right. */
export function sessionLost(): void {
  tell(false)
}

async function ask(): Promise<void> {
  // Not knowing is shown as not signed in: the worst that follows is a panel that says how to sign in.
  const answer = await isSignedIn().catch(() => false)
  if (known === null) tell(answer)
}

function tell(signedIn: boolean): void {
  known = signedIn
  for (const listener of listeners) listener(signedIn)
}
