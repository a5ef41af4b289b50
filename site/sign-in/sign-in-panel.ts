/** `<sign-in-panel reason>`: says how to sign in, and takes the admin token. Fires `signed-in`. */
import { html, nothing } from 'lit'
import { sentenceOf } from '../api.ts'
import { LightElement } from '../light-element.ts'
import { startSession } from '../shell/session.ts'

class SignInPanel extends LightElement {
  static override properties = { reason: {}, error: { state: true }, busy: { state: true } }
  declare reason: string
  declare error: string | null
  declare busy: boolean

  constructor() {
    super()
    this.reason = ''
    this.error = null
    this.busy = false
  }

  private async submit(event: SubmitEvent): Promise<void> {
    event.preventDefault()
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token')
    if (typeof token !== 'string' || token.trim() === '') return
    this.busy = true
    this.error = null
    try {
      await startSession(token)
      this.dispatchEvent(new Event('signed-in'))
    } catch (error) {
      this.error = sentenceOf(error)
    }
    this.busy = false
  }

  override render(): unknown {
    return html`<section class="panel" aria-labelledby="sign-in-title">
      <h2 id="sign-in-title">Sign in</h2>
      <p>${this.reason} Open the sign-in link that the server printed when it started, or paste its admin token here.</p>
      <form class="token-form" @submit=${(event: SubmitEvent) => void this.submit(event)}>
        <label for="token">Admin token</label>
        <div class="field-row">
          <input
            id="token"
            name="token"
            type="password"
            autocomplete="current-password"
            spellcheck="false"
            required
            aria-invalid=${this.error !== null}
            aria-describedby="token-error"
          />
          <button class="button" ?disabled=${this.busy}>Sign in</button>
        </div>
        <p class="field-error" id="token-error" role="alert">${this.error ?? nothing}</p>
      </form>
    </section>`
  }
}
customElements.define('sign-in-panel', SignInPanel)
