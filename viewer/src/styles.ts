// Imported first, since the styles of pages come after it.
import './design/tokens.css';
import './design/base.css';
import './design/controls.css';
import './design/frame.css';
import './design/overlays.css';
