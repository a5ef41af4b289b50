/** `<session-state>`: the end of the header: a link to sign in, or a button to sign out. Empty, in its place, until known. */
import { html, nothing } from 'lit'
import { LightElement } from '../light-element.ts'
import { endSession, onSession } from './session.ts'

class SessionState extends LightElement {
  static override properties = { signedIn: { state: true } }
  declare signedIn: boolean | null
  private release: () => void = () => {}

  constructor() {
    super()
    this.signedIn = null
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.release = onSession((signedIn) => (this.signedIn = signedIn))
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.release()
  }

  override render(): unknown {
    if (this.signedIn === null) return nothing
    if (this.signedIn) return html`<button class="quiet" @click=${() => void endSession().catch(() => location.reload())}>Sign out</button>`
    return html`<a href="/sign-in" aria-current=${location.pathname === '/sign-in' ? 'page' : nothing}>Sign in</a>`
  }
}
customElements.define('session-state', SessionState)
