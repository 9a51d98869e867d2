// Import this module first, because the styles of pages must come after these styles.
import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import './design/frame.css';
import './design/overlays.css';
