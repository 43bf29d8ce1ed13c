using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Time.Testing;
using OrleansZk.Server.FrontEnd;

namespace OrleansZk.Server.Tests.FrontEnd;

/// <summary>A client that does not read its last answers does not keep its connection.</summary>
public sealed class FarewellsTests
{
    private readonly FakeTimeProvider _clock = new();

    [Fact]
    public void Each_connection_has_its_time_and_no_more()
    {
        using var farewells = new Farewells(_clock);
        var first = new Leaving();
        var second = new Leaving();
        farewells.Add(first);
        _clock.Advance(TimeSpan.FromSeconds(5));
        farewells.Add(second);

        _clock.Advance(TimeSpan.FromSeconds(4));
        first.IsAborted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(2));
        first.IsAborted.ShouldBeTrue();
        second.IsAborted.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(5));
        second.IsAborted.ShouldBeTrue();
    }

    [Fact]
    public void Those_that_are_gone_are_not_held()
    {
        using var farewells = new Farewells(_clock);
        WeakReference gone = Leave(farewells);
        GC.Collect();
        gone.IsAlive.ShouldBeFalse();
        _clock.Advance(TimeSpan.FromSeconds(20));
        GC.KeepAlive(farewells);
    }

    private static WeakReference Leave(Farewells farewells)
    {
        var connection = new Leaving();
        farewells.Add(connection);
        return new WeakReference(connection);
    }

    private sealed class Leaving : DefaultConnectionContext
    {
        public bool IsAborted { get; private set; }

        public override void Abort(ConnectionAbortedException abortReason) => IsAborted = true;
    }
}
