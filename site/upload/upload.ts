/** The upload page. */
import '../shell/shell.ts'
import './upload-page.ts'
