using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;
using OrleansZk.Core.Replication;

namespace OrleansZk.Unit.Quotas;

public sealed class SoftQuotaWarningsTests
{
    private readonly FakeTimeProvider _clock = new();
    private readonly List<string> _lines = [];
    private readonly SoftQuotaWarnings _warnings;

    public SoftQuotaWarningsTests() => _warnings = new SoftQuotaWarnings(_clock, new Listing(_lines));

    [Fact]
    public void The_first_write_over_a_limit_warns_and_the_next_thousands_do_not()
    {
        Exceed("/a", 10_000);

        _lines.ShouldHaveSingleItem().ShouldContain("/a exceeded: 5 nodes, 77 bytes");
    }

    [Fact]
    public void After_a_minute_the_next_one_tells_how_many_there_were()
    {
        Exceed("/a", 100);
        _clock.Advance(SoftQuotaWarnings.Interval);
        Exceed("/a", 50);
        _clock.Advance(SoftQuotaWarnings.Interval);
        Exceed("/a", 1);

        _lines.Count.ShouldBe(3);
        _lines[1].ShouldContain("/a still exceeded: 5 nodes, 77 bytes of data; 100 writes");
        _lines[2].ShouldContain("50 writes");
    }

    [Fact]
    public void Each_quota_is_named_up_to_a_number_and_the_others_are_counted()
    {
        for (int round = 0; round < 100; round++)
        {
            for (int i = 0; i < 200; i++)
            {
                Exceed($"/{i}", 1);
            }
        }

        _lines.Count.ShouldBe(SoftQuotaWarnings.MaxQuotas);
        _clock.Advance(SoftQuotaWarnings.Interval);
        Exceed("/a", 1);
        _lines.Count.ShouldBe(SoftQuotaWarnings.MaxQuotas + 2);
        _lines[SoftQuotaWarnings.MaxQuotas].ShouldContain($"{100 * 190} writes exceeded the soft limits of quotas other than the 10");
    }

    [Fact]
    public void One_that_has_been_kept_for_long_is_new_when_it_is_exceeded_again()
    {
        Exceed("/a", 3);
        for (int i = 0; i < 3; i++)
        {
            _clock.Advance(SoftQuotaWarnings.Interval);
            Exceed("/b", 1);
        }

        Exceed("/a", 1);

        _lines[^1].ShouldContain("/a exceeded");
    }

    private void Exceed(string path, int times)
    {
        for (int i = 0; i < times; i++)
        {
            _warnings.Exceeded(path, 5, 77);
        }
    }

    private sealed class Listing(List<string> lines) : ILogger<SoftQuotaWarnings>
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Add(formatter(state, exception));
    }
}
