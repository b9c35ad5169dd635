/** Names that strangers may give, and what is bad about them. */
export const HOSTILE: readonly (readonly [what: string, text: string])[] = [
  ['markup that acts', '<img src=x onerror="document.title=\'owned\'"><svg onload=alert(1)>'],
  ['the end of a script', '</script><script>document.title="owned"</script>'],
  ['a comment that swallows', '<!--<script>'],
  ['the end of a title', '</title></style><script>document.title="owned"</script>'],
  ['quotes and entities', '"\'&lt;&amp;`\u0024{alert(1)}'],
  ['right to left', '\u202eevil\u202c \u2067مرحبا שלום'],
  ['emoji', '👩🏽‍🔬🏳️‍🌈🇺🇳'],
  ['10,000 characters', 'long '.repeat(2000)],
  ['one word of 10,000 characters', 'w'.repeat(10_000)],
  ['lines and zero bytes', 'one\ntwo\u0000\u2028three\ttab'],
  ['half a character', '\ud83d'],
  ['a name of every object', '__proto__'],
  ['nothing', ''],
];
