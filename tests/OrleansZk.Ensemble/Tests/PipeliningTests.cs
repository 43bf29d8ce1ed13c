namespace OrleansZk.Ensemble.Tests;

/// <summary>Whatever is pipelined is answered, and no answer waits for the next request to come (ZOOKEEPER-4537).</summary>
public sealed class PipeliningTests(SharedCluster shared) : IClassFixture<SharedCluster>
{
    private const int Rounds = 150;
    private const int Most = 40;

    [Fact]
    public async Task Mixed_reads_and_writes_are_all_answered()
    {
        Cluster cluster = await shared.GetAsync();
        int seed = RunReport.Seed("PIPELINE_SEED");
        await Task.WhenAll(cluster.Servers.SelectMany(server => Enumerable.Range(0, 2).Select(i => TalkAsync(server, i, seed))));
    }

    private static async Task TalkAsync(ClusterServer server, int number, int seed)
    {
        var random = new Random(HashCode.Combine(seed, server.Id, number));
        string path = $"/pipeline-{server.Id}-{number}";

        // No pings: nothing else comes that could push an answer out.
        await using WireClient client = await server.ConnectAsync(30_000);
        (await client.CreateAsync(path)).ThrowIfError();
        int version = 0;
        for (int round = 0; round < Rounds; round++)
        {
            var answers = new List<Task<WireReply>>();
            var expected = new List<int>();
            for (int i = random.Next(1, Most); i > 0; i--)
            {
                switch (random.Next(4))
                {
                    case 0:
                        answers.Add(client.SetDataAsync(path, "x"));
                        version++;
                        break;
                    case 1:
                        answers.Add(client.ExistsAsync(path));
                        break;
                    case 2:
                        // Refused: it uses no zxid, and is answered at its place all the same.
                        answers.Add(client.SetDataAsync(path, "x", version: 1_000_000));
                        expected.Add(-1);
                        continue;
                    default:
                        answers.Add(client.SyncAsync(path));
                        expected.Add(-2);
                        continue;
                }

                expected.Add(version);
            }

            WireReply[] replies = await Task.WhenAll(answers).InTimeAsync();
            for (int i = 0; i < replies.Length; i++)
            {
                switch (expected[i])
                {
                    case -1:
                        replies[i].Error.ShouldBe(ErrorCode.BadVersion);
                        break;
                    case -2:
                        replies[i].ThrowIfError();
                        break;
                    default:
                        replies[i].ReadStat().Version.ShouldBe(expected[i]);
                        break;
                }
            }
        }
    }
}
