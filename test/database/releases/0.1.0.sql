-- An account as release 0.1.0 left it: live, with every kind of row.
insert into account (account_id, owner_id, label, status, linked_at, next_sync_at, history_at_risk_at, exchange_account_id, started)
values ('old', 'anna', 'Mine', 'live', '2026-06-01T00:00:00Z', '2026-08-02T11:00:00Z', '2026-10-30T00:00:00Z', '4711', true);
insert into account_problem (account_id, stream, code, message, remedy)
values ('old', 'withdrawals', 'no-permission', 'The key may not read this.', 'Tick "Read Only".');
insert into api_key (account_id, key_id, fingerprint, sealed, state, adopted_at)
values ('old', 'k1', 'f1', 'sealed', 'active', '2026-06-01T00:00:00Z');
insert into known_key (account_id, fingerprint) values ('old', 'f1');
insert into page (account_id, page_id, stream, part, asked_from, asked_to, core, served, inserted, changed, unchanged, quarantined,
                  verdict, claim, hash, bytes, exchange_clock)
values ('old', '00000000-0000-7000-8000-000000000001', 'spot-trades', 'all', '2026-08-01T09:59:59.999Z', '2026-08-01T11:00:00Z',
        '[2026-08-01T10:00:00Z,2026-08-01T11:00:00Z)', 3, 2, 0, 0, 1, 'proves', '{[2026-08-01T10:00:00Z,2026-08-01T11:00:00Z)}',
        '\x00', '\x01', '2026-08-02T10:00:00Z');
insert into coverage (account_id, stream, part, fence, covered, answered, claimed_from, last_read_end, last_read_at, settled_through,
                      row_count, oldest_row_at, newest_row_at, marks, bounds_honoured, read_through)
values ('old', 'spot-trades', 'all', 3, '{[2026-05-04T00:00:00Z,2026-08-02T10:00:00Z)}', '{[2026-05-04T00:00:00Z,2026-08-02T10:00:00Z)}',
        '2026-05-04T00:00:00Z', '2026-08-02T10:00:00Z', '2026-08-02T10:00:00Z', '2026-08-01T10:00:00Z', 2,
        '2026-08-01T10:00:01Z', '2026-08-01T10:00:02Z',
        '[{"from": "2026-08-01T10:00:03.000Z", "to": "2026-08-01T10:00:03.001Z", "reason": "quarantined"}]', true, true);
insert into gap (account_id, stream, part, from_at, to_at, reason)
values ('old', 'spot-trades', 'all', '2017-01-01T00:00:00Z', '2026-05-04T00:00:00Z', 'expired-before-link'),
       ('old', 'spot-trades', 'all', '2026-08-01T10:00:03Z', '2026-08-01T10:00:03.001Z', 'quarantined');
insert into quarantined_row (account_id, quarantine_id, stream, part, page_id, row_at, reason, raw)
values ('old', '00000000-0000-4000-8000-000000000001', 'spot-trades', 'all', '00000000-0000-7000-8000-000000000001',
        '2026-08-01T10:00:03Z', 'side has an unknown value', '{"side": "both"}');
insert into spot_trade (account_id, symbol, trade_id, order_id, side, price, size, traded_at, page_id, digest, fixed_digest, raw)
values ('old', 'BTC_USDT', '1', 'o1', 'buy', 26910.40000000000000000001, 0.10, '2026-08-01T10:00:01Z',
        '00000000-0000-7000-8000-000000000001', 'd1', 'f1', '{"price":"26910.40000000000000000001",  "size":"0.10"}'),
       ('old', 'BTC_USDT', '2', 'o2', 'sell', 26911, 0.10, '2026-08-01T10:00:02Z',
        '00000000-0000-7000-8000-000000000001', 'd2', 'f2', '{"price":"26911"}');
insert into futures_trade (account_id, part, symbol, trade_id, order_id, side_code, side, price, contracts, traded_at, page_id, digest, fixed_digest, raw)
values ('old', 'copy_trading', 'BTCUSDT', '3', 'o3', 4, 'sell', 26911.5, 7, '2026-08-01T10:00:03Z',
        '00000000-0000-7000-8000-000000000001', 'd3', 'f3', '{}');
insert into withdrawal (account_id, withdraw_id, currency, asset, network, amount, status, requested_at, page_id, digest, fixed_digest, raw)
values ('old', 'w1', 'USDT-TRC20', 'USDT', 'TRC20', 12.50, 'processing', '2026-07-01T10:00:00Z',
        '00000000-0000-7000-8000-000000000001', 'd4', 'f4', '{}');
insert into deposit (account_id, deposit_id, currency, amount, status, requested_at, page_id, digest, fixed_digest, raw)
values ('old', 'd1', 'BMX', 1, 'success', '2026-07-02T10:00:00Z', '00000000-0000-7000-8000-000000000001', 'd5', 'f5', '{}');
insert into lease (fingerprint, endpoint, next_turn_at) values ('f1', '/spot/v4/query/trades', '2026-08-02T10:00:00Z');
insert into cooldown (egress_id, until, reason) values ('default', '2026-08-02T10:00:00Z', 'banned');
