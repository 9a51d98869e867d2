import type { proof as english } from '../en/proof.js';
import type { Translated } from '../translate.js';

export const proof: Translated<typeof english> = {
  'proof.title': 'Beweis, in diesem Browser geprüft',
  'proof.verdict.proven': 'Bewiesen',
  'proof.verdict.open': 'Nicht alles geprüft',
  'proof.verdict.wrong': 'Stimmt nicht',
  'proof.state.proven': 'Geprüft',
  'proof.state.open': 'Nicht geprüft',
  'proof.state.wrong': 'Falsch',
  'proof.unsealed': 'Dieses Ereignis hat noch keinen Index im Protokoll. Die Versiegelung dauert etwa eine Sekunde.',
  'proof.insecure': 'Browser prüfen Beweise nur auf HTTPS-Seiten. Diese Seite kam über HTTP.',
  'proof.again': 'Noch einmal prüfen',
  'proof.leaf': 'Das gezeigte Ereignis',
  'proof.leaf.computed':
    'Dieser Browser hat das Blatt des gezeigten Ereignisses berechnet. Das Protokoll hat dasselbe Blatt.',
  'proof.leaf.altered':
    'Das Ereignis wurde nach der Versiegelung geändert: Sein Blatt ist {computed}, das Protokoll hat {stored}.',
  'proof.leaf.unsealable': 'Dem Ereignis fehlen Werte, die mit ihm versiegelt wurden: {names}.',
  'proof.leaf.no-parts':
    'Das Protokoll hat keine versiegelten Teile dieses Ereignisses. Es liegt vielleicht in einem Archiv.',
  'proof.added': 'Von der API ergänzte Felder',
  'proof.added.unsealed': 'Nicht in diesem Blatt: {names}.',
  'proof.changes': 'Was sich änderte',
  'proof.changes.joined':
    'Nicht in diesem Blatt: Die Änderungen kommen aus den Ereignissen der geänderten Zeilen. Öffnen Sie diese Ereignisse, um sie zu prüfen.',
  'proof.changes.digest': 'Die Werte vorher und nachher passen zur versiegelten Prüfsumme.',
  'proof.changes.altered': 'Die Werte vorher und nachher passen nicht zur versiegelten Prüfsumme.',
  'proof.personal': 'Persönliche Werte',
  'proof.personal.none': 'Das Ereignis hat keine persönlichen Werte.',
  'proof.personal.committed': 'Die persönlichen Werte sind die versiegelten: {names}.',
  'proof.personal.altered': 'Die persönlichen Werte sind nicht die versiegelten: {names}.',
  'proof.personal.uncommitted': 'Das Ereignis zeigt persönliche Werte, die nicht mit ihm versiegelt wurden: {names}.',
  'proof.personal.erased': 'Die persönlichen Werte wurden gelöscht. Nur die Tatsachen sind bewiesen.',
  'proof.personal.hidden': 'Sie dürfen die persönlichen Werte nicht sehen. Nur die Tatsachen sind bewiesen.',
  'proof.personal.no-salt':
    'Nicht verglichen: Dazu brauchen Sie das Recht zu exportieren. Die Tatsachen sind bewiesen.',
  'proof.personal.no-parts': 'Die persönlichen Werte lassen sich nicht vergleichen.',
  'proof.inclusion': 'Index im Protokoll',
  'proof.inclusion.included': 'Das Blatt steht am Index {index} des Protokolls mit {size} Ereignissen.',
  'proof.inclusion.not-included':
    'Das Blatt steht nicht am Index {index} des Protokolls mit {size} Ereignissen: Sein Pfad führt nicht zur Wurzel {root}.',
  'proof.inclusion.elsewhere': 'Das Protokoll zeigt das Ereignis am Index {shown} und beweist es am Index {index}.',
  'proof.inclusion.unreadable': 'Der Beweis des Protokolls ist nicht lesbar.',
  'proof.inclusion.no-leaf': 'Ohne Blatt lässt sich der Index nicht prüfen.',
  'proof.signature': 'Unterschrift',
  'proof.signature.signed':
    'Ein von Ihnen angehefteter Schlüssel hat den Prüfpunkt mit {size} Ereignissen von {origin} unterschrieben.',
  'proof.signature.signed-by-file':
    'Ein Schlüssel in dieser Datei hat den Prüfpunkt mit {size} Ereignissen von {origin} unterschrieben. Vergleichen Sie ihn mit dem des Betreibers.',
  'proof.signature.no-key':
    '{signers} hat den Prüfpunkt mit {size} Ereignissen unterschrieben. Heften Sie zur Prüfung den Schlüssel an, den der Betreiber Ihnen gab.',
  'proof.signature.unknown':
    'Kein von Ihnen angehefteter Schlüssel hat den Prüfpunkt mit {size} Ereignissen unterschrieben, sondern {signers}.',
  'proof.signature.forged': 'Die Unterschrift des Prüfpunkts mit {size} Ereignissen ist gefälscht.',
  'proof.signature.unsupported': 'Dieser Browser kann Ed25519 nicht prüfen. Verwenden Sie einen neueren.',
  'proof.signature.unreadable': 'Ohne Beweis lässt sich keine Unterschrift prüfen.',
  'proof.consistency': 'Früherer Prüfpunkt',
  'proof.consistency.first':
    'Dieser Browser sieht dieses Protokoll zum ersten Mal. Er behält den Prüfpunkt mit {size} Ereignissen, um den nächsten zu vergleichen.',
  'proof.consistency.same': 'Der Prüfpunkt mit {size} Ereignissen ist der, den dieser Browser vorher sah.',
  'proof.consistency.continues':
    'Das Protokoll setzt den früheren Prüfpunkt fort: damals {seen} Ereignisse, jetzt {size}.',
  'proof.consistency.rewritten':
    'Das Protokoll wurde umgeschrieben: Seine ersten {seen} Ereignisse passen nicht zum früheren Prüfpunkt.',
  'proof.consistency.shortened':
    'Dieser Browser sah ein Protokoll mit {seen} Ereignissen. Dass das mit {size} Ereignissen dazugehört, ist nicht bewiesen.',
  'proof.consistency.other-log': 'Dieser Browser sah hier das Protokoll {before}. Jetzt ist es {origin}.',
  'proof.consistency.forbidden': 'Sie dürfen Prüfpunkte nicht vergleichen: Ihr Zugriff gilt einzelnen Ereignissen.',
  'proof.consistency.unavailable': 'Das Protokoll antwortet nicht. Prüfen Sie später noch einmal.',
  'proof.consistency.offline':
    'Eine Datei hat keinen früheren Prüfpunkt. Vergleichen Sie ihren Prüfpunkt mit einem eigenen.',
  'proof.consistency.unreadable': 'Ohne Beweis lässt sich kein Prüfpunkt vergleichen.',
  'proof.keys': { one: '{count} angehefteter Schlüssel', other: '{count} angeheftete Schlüssel' },
  'proof.keysText':
    'Der Betreiber gibt Ihnen den Prüfschlüssel auf einem anderen Weg, etwa auf Papier. Dieser Browser speichert ihn.',
  'proof.key': 'Prüfschlüssel',
  'proof.pin': 'Anheften',
  'proof.unpin': 'Entfernen',
  'proof.notAKey': 'Das ist kein Prüfschlüssel. Er hat die Form Name+Kennung+Schlüssel, in einer Zeile.',
  'proof.save': 'Beleg sichern',
  'proof.saveFailed': 'Der Beleg lässt sich nicht sichern: {problem}',
};
