-- Rows with a changed key are paired by their order, which is the same on both sides. A full join never becomes a nested loop, so a plan made
      -- for one row also suits 100,000 rows.
      WITH olds AS MATERIALIZED {{olds}}, news AS MATERIALIZED {{news}},
      gone AS (SELECT b.*, row_number() OVER (ORDER BY b.nth) AS place, count(*) OVER () AS among FROM olds b FULL JOIN news a ON {{sameKey}} WHERE a.nth IS NULL),
      come AS (SELECT a.*, row_number() OVER (ORDER BY a.nth) AS place, count(*) OVER () AS among FROM news a FULL JOIN olds b ON {{sameKey}} WHERE b.nth IS NULL)
      {{chunks}}
