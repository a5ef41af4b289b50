/**
 * `<sign-in-page>`: takes the token from `/sign-in#token=…`. A fragment never reaches a server, and it leaves the address
 * bar and the history before anything else happens.
 */
import { html, nothing } from 'lit'
import { sentenceOf } from '../api.ts'
import { LightElement } from '../light-element.ts'
import { onSession, startSession } from '../shell/session.ts'
import './sign-in-panel.ts'

class SignInPage extends LightElement {
  static override properties = { signedIn: { state: true }, error: { state: true }, trying: { state: true } }
  declare signedIn: boolean | null
  declare error: string | null
  declare trying: boolean
  private release: () => void = () => {}

  constructor() {
    super()
    this.signedIn = null
    this.error = null
    this.trying = false
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.release = onSession((signedIn) => (this.signedIn = signedIn))
    addEventListener('hashchange', this.takeToken)
    this.takeToken()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.release()
    removeEventListener('hashchange', this.takeToken)
  }

  private readonly takeToken = (): void => {
    const token = new URLSearchParams(location.hash.slice(1)).get('token')
    if (token === null || token === '') return
    history.replaceState(null, '', location.pathname)
    void this.tryToken(token)
  }

  private async tryToken(token: string): Promise<void> {
    this.trying = true
    this.error = null
    try {
      await startSession(token)
      goHome()
    } catch (error) {
      this.trying = false
      this.error = `The sign-in link did not work. ${sentenceOf(error)}`
    }
  }

  override render(): unknown {
    if (this.trying) return html`<div class="notice"><h1>Signing in…</h1></div>`
    return html`<div class="narrow">
      <h1 class="visually-hidden">Sign in</h1>
      ${this.error === null ? nothing : html`<p class="alert" role="alert">${this.error}</p>`}
      ${
        this.signedIn === true
          ? html`<section class="panel">
              <h2>You are signed in</h2>
              <p>This browser may upload, change and delete videos.</p>
              <p class="button-row">
                <a class="button" href="/upload">Upload a video</a><a class="button secondary" href="/">To the library</a>
              </p>
            </section>`
          : html`<sign-in-panel
              reason="Watching needs no account; uploading, changing and deleting do."
              @signed-in=${goHome}
            ></sign-in-panel>`
      }
    </div>`
  }
}
customElements.define('sign-in-page', SignInPage)

function goHome(): void {
  location.replace('/')
}
