/** The sign-in page. */
import '../shell/shell.ts'
import './sign-in-page.ts'
