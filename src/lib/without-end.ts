/** A text without the characters at its end that are among `chars`. A pattern such as `/x+$/` would read a long run of them again and again. */
export function withoutEnd(text: string, chars: string): string {
  let end = text.length;
  while (end > 0 && chars.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}
