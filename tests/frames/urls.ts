/** Addresses of attachments, for whoever has to tell one kind from the other. */

export const HOSTILE_URLS = [
  'javascript:alert(1)',
  'JavaScript:alert(1)',
  ' \tjavascript:alert(1)',
  '\u0001javascript:alert(1)',
  'java\nscript:alert(1)',
  'java\tscript\r:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'data:image/svg+xml,<svg onload=alert(1)>',
  'vbscript:msgbox(1)',
  'file:///etc/passwd',
  'ftp://example.com/a',
  'filesystem:https://example.com/a',
  'about:blank',
  'x:y',
  'http://',
  'https://a b/',
]

export const HARMLESS_URLS = [
  'https://example.com/a.png?b=c#d',
  'HTTP://example.com',
  '/files/1/a.png',
  'files/1',
  './a:b',
  '?file=1',
  '//example.com/a',
  'blob:https://example.com/0b1c',
]
