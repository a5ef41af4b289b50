import '../../../player/index.ts'
import '../../shell/shell.ts'
import './progressive-page.ts'
