import { bitmartStreams, type DeclaredStream, type StreamName } from '../bitmart/streams/index.ts';

/**
 * The records that a platform reads. The types are derived from the declarations that also write them, so a column that is
 * added, renamed or becomes nullable shows up when the platform compiles. Names are those of the tables.
 */
export type RecordOf<Name extends StreamName> = Readonly<
  DeclaredColumns<TableOf<Name>> &
    PartOf<Name> & { /** The page that last changed it. */ page_id: string } & {
      /** The record's own text as the exchange served it. */ raw: string;
    }
>;

export type { StreamName };

export const streamNames: readonly StreamName[] = bitmartStreams.map(({ stream }) => stream.name);

type TableOf<Name extends StreamName> = Extract<DeclaredStream, { readonly name: Name }>['table'];

interface DeclaredColumn {
  readonly name: string;
  readonly type: 'text' | 'numeric' | 'timestamptz' | 'integer';
}

type DeclaredColumns<Table extends { readonly columns: readonly DeclaredColumn[] }> = {
  [Column in Table['columns'][number] as Column['name']]: ValueOf<Column>;
};

type ValueOf<Column extends DeclaredColumn> =
  | TypeOf<Column['type']>
  | (Column extends { nullable: true } ? null : never);

/** Amounts are texts, digit for digit: as a number they would lose some. */
type TypeOf<Type extends DeclaredColumn['type']> = {
  readonly text: string;
  readonly numeric: string;
  readonly timestamptz: Date;
  readonly integer: number;
}[Type];

type PartOf<Name extends StreamName> = TableOf<Name>['hasPart'] extends true
  ? { part: Extract<DeclaredStream, { readonly name: Name }>['parts'][number] }
  : unknown;
