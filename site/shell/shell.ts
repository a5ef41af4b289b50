/** What every page has: the session state in the header. Pages import this once. */
import './session-state.ts'
