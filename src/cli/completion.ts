import { Argument, type Command, type Option } from 'commander';
import { OPTIONS } from '../options/options.ts';
import type { OptionRow } from '../options/row.ts';

const SHELLS = { bash: makeBash, zsh: makeZsh, fish: makeFish };

/** A command with what may follow it. The program itself, whose command has no name, is the first one. */
interface Completed {
  readonly name: string;
  readonly about: string;
  readonly flags: readonly Flag[];
}

interface Flag {
  /** Long form first, then the short one if there is one: `--marathon`, `-m`. */
  readonly words: readonly string[];
  readonly about: string;
  readonly takesValue: boolean;
  /** The only values that the flag takes. Empty where it takes any text. */
  readonly values: readonly string[];
}

/**
 * Adds `marathon-lb-ts completion bash|zsh|fish` to the program: prints a script with which the shell completes commands, flags, and the values
 * of flags that take only a few. The words come from the commands of the program, so it is added last.
 */
export function addCompletion(program: Command): Command {
  const shells = Object.keys(SHELLS) as (keyof typeof SHELLS)[];
  program
    .command('completion')
    .description('print a script with which a shell completes commands and flags: source <(marathon-lb-ts completion bash)')
    .addArgument(new Argument('<shell>', 'the shell that reads the script').choices(shells))
    .allowExcessArguments(false)
    .action((shell: keyof typeof SHELLS) => {
      process.stdout.write(SHELLS[shell](describe(program)));
    });
  return program;
}

function describe(program: Command): readonly Completed[] {
  return [program, ...program.commands].map((command) => ({
    name: command === program ? '' : command.name(),
    about: command.description(),
    flags: [...command.options.filter(({ hidden }) => !hidden).map(describeFlag), HELP],
  }));
}

const HELP: Flag = { words: ['--help', '-h'], about: 'show this help', takesValue: false, values: [] };

function describeFlag({ long, short, description, flags, argChoices, required, optional }: Option): Flag {
  const row = (Object.values(OPTIONS) as readonly OptionRow<unknown>[]).find((candidate) => candidate.flags === flags);
  const words = [long, short].filter((word) => word !== undefined);
  return { words, about: description, takesValue: required || optional, values: argChoices ?? row?.values ?? [] };
}

/** Returns the commands that can follow the program's name. */
function names(all: readonly Completed[]): readonly string[] {
  return all.map(({ name }) => name).filter((name) => name !== '');
}

function words(flags: readonly Flag[]): string {
  return flags.flatMap((flag) => flag.words).join(' ');
}

/** Returns the flags of all commands that take only a few values, each once. */
function limited(all: readonly Completed[]): readonly Flag[] {
  const flags = all.flatMap((command) => command.flags).filter(({ values }) => values.length > 0);
  return [...new Map(flags.map((flag) => [flag.words.join(' '), flag])).values()];
}

function makeBash(all: readonly Completed[]): string {
  const commands = names(all);
  return `# Completion of marathon-lb-ts for bash: source <(marathon-lb-ts completion bash)
_marathon_lb_ts() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD - 1]} command='' flags='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case $word in ${commands.join(' | ')}) command=$word && break ;; esac
  done
  case $previous in
${limited(all)
  .map(
    ({ words: [...spelt], values }) =>
      `    ${spelt.join(' | ')}) COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$current")) && return ;;`,
  )
  .join('\n')}
    completion) COMPREPLY=($(compgen -W '${Object.keys(SHELLS).join(' ')}' -- "$current")) && return ;;
  esac
  case $command in
${all.map(({ name, flags }) => `    '${name}') flags='${words(flags)}' ;;`).join('\n')}
  esac
  case $current in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$current")) ;;
    *) [ -n "$command" ] || [ "$COMP_CWORD" -ne 1 ] || COMPREPLY=($(compgen -W '${commands.join(' ')}' -- "$current")) ;;
  esac
}
complete -o default -F _marathon_lb_ts marathon-lb-ts
`;
}

function makeZsh(all: readonly Completed[]): string {
  const commands = names(all);
  return `#compdef marathon-lb-ts
# Completion of marathon-lb-ts for zsh: source <(marathon-lb-ts completion zsh)
_marathon_lb_ts() {
  local command='' word
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case $word in (${commands.join('|')}) command=$word && break ;; esac
  done
  case $words[CURRENT-1] in
${limited(all)
  .map(({ words: [...spelt], values }) => `    (${spelt.join('|')}) compadd -- ${values.join(' ')} && return ;;`)
  .join('\n')}
    (completion) compadd -- ${Object.keys(SHELLS).join(' ')} && return ;;
  esac
  if [[ $words[CURRENT] == -* ]]; then
    case $command in
${all.map(({ name, flags }) => `      ('${name}') compadd -- ${words(flags)} ;;`).join('\n')}
    esac
  elif [[ -z $command && $CURRENT -eq 2 ]]; then
    compadd -- ${commands.join(' ')}
  else
    _files
  fi
}
compdef _marathon_lb_ts marathon-lb-ts
`;
}

function makeFish(all: readonly Completed[]): string {
  const commands = names(all);
  const lines = all.flatMap(({ name, about, flags }) => {
    const where = name === '' ? `not __fish_seen_subcommand_from ${commands.join(' ')}` : `__fish_seen_subcommand_from ${name}`;
    const command = name === '' ? [] : [`complete -c marathon-lb-ts -f -n __fish_use_subcommand -a ${name} -d ${quoted(about)}`];
    return [...command, ...flags.map((flag) => fishFlag(where, flag))];
  });
  return [
    '# Completion of marathon-lb-ts for fish: marathon-lb-ts completion fish | source',
    ...lines,
    `complete -c marathon-lb-ts -f -n '__fish_seen_subcommand_from completion' -a '${Object.keys(SHELLS).join(' ')}'`,
    '',
  ].join('\n');
}

function fishFlag(where: string, { words: spelt, about, takesValue, values }: Flag): string {
  const names = spelt.map((word) => (word.startsWith('--') ? `-l ${word.slice(2)}` : `-s ${word.slice(1)}`)).join(' ');
  const value = values.length > 0 ? ` -x -a ${quoted(values.join(' '))}` : takesValue ? ' -r' : '';
  return `complete -c marathon-lb-ts -n ${quoted(where)} ${names}${value} -d ${quoted(about)}`;
}

/** Writes a text as one word of fish, where only `\\` and `'` mean something between single quotes. */
function quoted(text: string): string {
  return `'${text.replace(/[\\']/g, '\\$&')}'`;
}
