using System.Globalization;

using OrleansZk.Interop.Servers;
using OrleansZk.Interop.Wire;

namespace OrleansZk.Interop.Cases;

/// <summary>
/// ClickHouse/ClickHouse#92480: persistent watches that outlive their session. Looked at as an operator would, with <c>wchs</c> and <c>mntr</c>, which
/// count over the whole server: hence one of its own.
/// </summary>
public sealed class WatchLeakCases(OwnServer own) : IClassFixture<OwnServer>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private int Port => own.Server.Port;

    public enum End
    {
        Close,
        Abort,
        Expiry,
        Removal,
    }

    [Theory]
    [InlineData(End.Close)]
    [InlineData(End.Abort)]
    [InlineData(End.Expiry)]
    [InlineData(End.Removal)]
    public async Task No_watch_outlives(End end)
    {
        await WaitForWatchesAsync(0);
        await using var connection = await WireConnection.ConnectAsync(Port, end == End.Expiry ? 4_000 : 30_000);
        for (var i = 0; i < 10; i++)
        {
            await connection.CallAsync(i, Op.AddWatch, Requests.Watch($"/p{i}", 0));
            await connection.CallAsync(i, Op.AddWatch, Requests.Watch($"/r{i}", 1));
            await connection.CallAsync(i, Op.Exists, Requests.Read($"/e{i}", watch: true));
        }

        Assert.True(await WatchCountAsync() >= 30, "the watches are counted while they are there");
        Assert.Contains("1 connections watching 30 paths", await FourLetterWord.AskAsync(Port, "wchs"), StringComparison.Ordinal);
        Assert.Contains("/r7", await FourLetterWord.AskAsync(Port, "wchp"), StringComparison.Ordinal);
        switch (end)
        {
            case End.Close:
                await connection.CallAsync(100, Op.CloseSession, Body.Empty);
                break;
            case End.Abort or End.Expiry:
                connection.Abort();
                break;
            default:
                foreach (var path in Enumerable.Range(0, 10).SelectMany(i => new[] { $"/p{i}", $"/r{i}", $"/e{i}" }))
                {
                    Assert.Equal(Err.Ok, (await connection.CallAsync(100, Op.RemoveWatches, Requests.Watch(path, 3))).Error);
                }

                break;
        }

        await WaitForWatchesAsync(0);
        Assert.Contains("Total watches:0", await FourLetterWord.AskAsync(Port, "wchs"), StringComparison.Ordinal);
        Assert.DoesNotContain("/r7", await FourLetterWord.AskAsync(Port, "wchp"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_and_ephemerals_are_counted_and_uncounted()
    {
        await using (var connection = await WireConnection.ConnectAsync(Port))
        {
            await connection.CallAsync(1, Op.Create, Requests.Create("/counted", "", 1));
            Assert.Equal("1", (await FourLetterWord.MonitorAsync(Port))["ephemerals_count"]);
            Assert.Contains("/counted", await FourLetterWord.AskAsync(Port, "dump"), StringComparison.Ordinal);
            await connection.CallAsync(2, Op.CloseSession, Body.Empty);
        }

        Assert.Equal("0", (await FourLetterWord.MonitorAsync(Port))["ephemerals_count"]);
        Assert.DoesNotContain("/counted", await FourLetterWord.AskAsync(Port, "dump"), StringComparison.Ordinal);
    }

    private async Task<int> WatchCountAsync() =>
        int.Parse((await FourLetterWord.MonitorAsync(Port))["watch_count"], CultureInfo.InvariantCulture);

    private async Task WaitForWatchesAsync(int expected)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        int count;
        while ((count = await WatchCountAsync()) != expected)
        {
            Assert.True(clock.Elapsed < Patience, $"{count} watches are left");
            await Task.Delay(50);
        }
    }
}
