using OrleansZk.Core.Paths;
using OrleansZk.Core.Replication;

namespace OrleansZk.Unit.Replication;

public sealed class PendingUsageTests
{
    private static readonly string[] Paths = ["/a", "/a/b", "/a/b/c", "/ab", "/a/x/y/z", "/b"];

    [Fact]
    public void It_is_the_sum_of_what_is_on_its_way_whatever_was_taken_back_or_applied()
    {
        for (int seed = 0; seed < 200; seed++)
        {
            var random = new Random(seed);
            var usage = new PendingUsage();
            var expected = new List<(long Zxid, string Path, int Count, long Bytes)>();
            long applied = 0;
            for (int zxid = 1; zxid <= 60; zxid++)
            {
                usage.Begin();
                int begun = expected.Count;
                for (int i = random.Next(4); i > 0; i--)
                {
                    (long Zxid, string Path, int Count, long Bytes) change = (zxid, Paths[random.Next(Paths.Length)], random.Next(-1, 2), random.Next(-9, 10));
                    usage.Add(change.Zxid, change.Path, change.Count, change.Bytes);
                    expected.Add(change);
                }

                // Asked early, late or not at all: sums begin with the first question.
                Compare(random.Next(6) == 0);
                if (random.Next(4) == 0)
                {
                    usage.RollBack();
                    expected.RemoveRange(begun, expected.Count - begun);
                }

                Compare(random.Next(6) == 0);
                if (random.Next(3) == 0)
                {
                    applied = random.Next((int)applied, zxid + 1);
                    usage.Prune(applied);
                    expected.RemoveAll(change => change.Zxid <= applied);
                }
            }

            Compare(true);

            void Compare(bool now)
            {
                foreach (string path in now ? Paths : [])
                {
                    (long, string Path, int Count, long Bytes)[] beneath = [.. expected.Where(change => ZPath.IsSelfOrBelow(change.Path, path))];
                    usage.Of(path).ShouldBe((beneath.Sum(change => change.Count), beneath.Sum(change => change.Bytes)), $"{path}, seed {seed}");
                }
            }
        }
    }
}
