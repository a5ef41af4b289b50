/** One file by ranges, and the adaptive player beside it. */
import '../../../player/index.ts'
import '../../shell/shell.ts'
import './progressive-page.ts'
