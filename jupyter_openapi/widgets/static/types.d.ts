// biome-ignore-all lint/suspicious/noExplicitAny: traits and messages hold whatever the kernel sends.
// What the kernel sends to the pages. The views are made in Python: `view()` of each panel.

/** anywidget's model, as far as the panels use it. */
interface Model {
  get(name: string): any;
  send(content: object): void;
  on(event: string, callback: (message: any) => void): void;
  off(event: string, callback: (message: any) => void): void;
}

/** Where a panel's messages go: straight to the kernel, or through the panel that it is part of. */
interface Sender {
  readonly page: string;
  send(kind: string, content?: object): void;
}

/** A labelled input, and the line below it. */
interface Field {
  box: HTMLElement;
  hint(text: string, wrong: boolean): void;
}

type Pair = [string, string];
type Tone = "" | "good" | "warn" | "up" | "down";

/** The pair of colours for rising and falling, each for a light and a dark page. */
type Colors = { up: Pair; down: Pair };

interface AccountView {
  title: string;
  mode: string;
  trading: boolean;
  time: string;
  colors: Colors;
  busy: string;
  error: string;
  note: string;
}

interface Offer {
  id: string;
  kind: string;
  button: string;
  version: string;
  seconds: number;
  lines: Pair[];
}

interface CredentialView extends AccountView {
  notes: string[];
  empty: Record<string, string>;
  report: [string, string, Tone][];
  profile: string;
  profiles: string[];
  machine: string;
  sandbox_only: boolean;
  orders: boolean;
  login: { url: string; words: string } | null;
  offer: Offer | null;
}

interface OrderType {
  title: string;
  meaning: string;
  needs: string[];
  lasts: Record<string, string[]>;
}

/** The rules of the order types: the same for every account. */
interface Setup {
  markets: Record<string, string[]>;
  types: Record<string, OrderType>;
  ended: [string, string, string][];
  sides: string[];
  lasts: Pair[];
  hours: Pair[];
  remark: number;
}

interface Security {
  symbol: string;
  name: string;
  currency: string;
  lot: number | null;
  bands: Pair[];
}

interface QuoteView {
  last: string;
  bid: string;
  ask: string;
  change: string;
  age: number | null;
}

/** One level of the book: price, quantity, and the share of the largest quantity shown, 0 to 1. */
type Level = [string, string, number];

interface Sizes {
  symbol: string;
  side: string;
  all: string;
  half: string;
  max: string;
  note: string;
}

interface MarketView {
  security: Security | null;
  quote: QuoteView | null;
  depth: { bid: Level[]; ask: Level[] };
  hours: string;
  problem: string;
  suggest: string;
  amount: string;
  fees: string;
  most: string;
  sizes: Sizes;
  hints: Record<string, string>;
}

interface SentOrderView {
  id: string;
  words: string;
  status: string;
  done: boolean;
  filled: boolean;
  progress: number | null;
  message: string;
}

interface OrderView extends AccountView {
  sending: boolean;
  epoch: number;
  fields: Record<string, string>;
  replaces: boolean;
  limit: Pair | null;
  problems: Record<string, string>;
  tape: MarketView;
  choices: Pair[];
  offer: Offer | null;
  order: SentOrderView | null;
}

interface Column {
  title: string;
  end?: boolean;
  sort?: boolean;
}

/** `sort` orders the rows of a column; null comes last. `sub` is a second line. */
interface Cell {
  text: string;
  sub?: string;
  sort?: string | number | null;
  tone?: Tone;
}

interface Row {
  id: string;
  cells: Cell[];
  actions?: Record<string, { enabled: boolean; about: string }>;
}

interface BlotterView extends AccountView {
  columns: Column[];
  rows: Row[];
  filters: string[];
  symbol: string;
  status: string;
  empty: string;
  offer: Offer | null;
  editor: OrderView | null;
}

interface PortfolioPageView extends AccountView {
  missing: string;
  base: string;
  currencies: string[];
  pictures: string[];
  chosen: string;
  privacy: boolean;
  totals: { columns: Column[]; rows: Row[] } | null;
  holdings: { columns: Column[]; rows: Row[] } | null;
  picture: { about: string; data: string } | null;
}

/** One bar: when it began by the market's clock, open, high, low, close, volume. */
type Candle = [number, number, number, number, number, number];

/** One's own execution: its bar's time, whether it bought, its price, and what to say of it. */
type Mark = [number, boolean, number, string];

type Library = typeof import("lightweight-charts");
type Moment = import("lightweight-charts").UTCTimestamp;
type LineSeries = import("lightweight-charts").ISeriesApi<"Line">;
type PriceLine = import("lightweight-charts").IPriceLine;

/** The colours of the page as a chart draws with them. */
interface Look {
  text: string;
  soft: string;
  grid: string;
  up: string;
  down: string;
  dark: boolean;
}
