/** What a command's help ends with: what one would want, and what to type for it. */
export function examples(lines: readonly (readonly [purpose: string, command: string])[]): string {
  const texts = lines.map(([purpose, command]) => `  # ${purpose}\n  ${command.replaceAll('\n', '\n  ')}`);
  return `\nExamples:\n${texts.join('\n')}`;
}
